import type { TtsEvent } from '../../providers/text-to-speech.js';

/** The event with chunk and times counted from the beginning of the turn instead of its stream. */
export function shifted(event: TtsEvent, chunks: number, ms: number): TtsEvent {
  if (!('chunk' in event)) return event;
  const chunk = event.chunk + chunks;
  if (event.type !== 'alignment') return { ...event, chunk };
  const words = event.words.map((word) => ({
    ...word,
    startMs: word.startMs + ms,
    endMs: word.endMs + ms,
  }));
  return { ...event, chunk, words };
}
