/**
 * The messages of Cartesia's WebSocket for speech in both directions: one socket carries several answers, each in its
 * own context.
 *
 * Source: https://docs.cartesia.ai/api-reference/tts/websocket and the types of `@cartesia/cartesia-js` 4.2.0
 */
import { z } from 'zod';
import type { AudioFormat } from '../../audio/audio-frame.js';
import { failureOfError, type CartesiaFailure } from './cartesia-errors.js';

/** A word with its time in its context's audio, as Cartesia reports it. */
export interface SpokenWord {
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** The parts of a server message that are used. */
export interface CartesiaTtsMessage {
  /** Null if the message is about the whole socket. */
  readonly contextId: string | null;
  /** Base64; null in messages without audio. */
  readonly audio: string | null;
  /** Grows with each text of a context that was flushed; null if the server does not say. */
  readonly flushId: number | null;
  readonly words: readonly SpokenWord[];
  /** Whether all audio of a flushed text was sent. */
  readonly isFlushed: boolean;
  /** Whether the context has ended. */
  readonly isDone: boolean;
  readonly error: CartesiaFailure | null;
}

/** A field of the wrong type counts as missing. */
const text = z.string().nullish().catch(null);
const times = z.array(z.number().catch(NaN)).catch([]);
const schema = z.object({
  type: z.string(),
  context_id: text,
  data: text,
  flush_id: z.number().nullish().catch(null),
  word_timestamps: z
    .object({ words: z.array(z.string().catch('')).catch([]), start: times, end: times })
    .nullish()
    .catch(null),
});

/**
 * Reads a server message. `unknown`: not a Cartesia message, or one of a new type. `lost_audio`: an unreadable message
 * that contained audio (a WebSocket delivers whole messages, so the rest never comes).
 */
export function readTtsMessage(json: string): CartesiaTtsMessage | 'unknown' | 'lost_audio' {
  let raw: unknown;
  try {
    raw = JSON.parse(json);
  } catch {
    // Truncated audio in base64 is useless, so do not parse further.
  }
  const parsed = schema.safeParse(raw);
  if (!parsed.success) return json.includes('"data"') ? 'lost_audio' : 'unknown';
  const { type, context_id: contextId, data, flush_id: flushId, word_timestamps: timed } = parsed.data;
  const message = {
    contextId: contextId ?? null,
    audio: null,
    flushId: flushId ?? null,
    words: [],
    isFlushed: false,
    isDone: false,
    error: null,
  };
  switch (type) {
    case 'chunk':
      // `done` of a chunk is not the end of its context: the `done` message is.
      return { ...message, audio: data ?? '' };
    case 'timestamps':
      return { ...message, words: timed ? wordsOf(timed) : [] };
    case 'flush_done':
      return { ...message, isFlushed: true };
    case 'done':
      return { ...message, isDone: true };
    case 'error':
      return { ...message, error: failureOfError(raw) };
    default:
      return 'unknown';
  }
}

/** Words without valid times are left out. */
function wordsOf({
  words,
  start,
  end,
}: Readonly<Record<'words' | 'start' | 'end', unknown[]>>): SpokenWord[] {
  return words.flatMap((word, index) => {
    const startMs = Number(start[index]) * 1000;
    const endMs = Number(end[index] ?? start[index]) * 1000;
    if (Number.isNaN(startMs) || startMs < 0 || word === '') return [];
    return [{ text: String(word), startMs, endMs: Math.max(startMs, endMs || 0) }];
  });
}

/** How an answer is spoken. All requests of a context must say the same. */
export interface Speaking {
  readonly model: string;
  readonly voiceId: string;
  readonly format: AudioFormat;
  readonly language: string | undefined;
  /** 0.6 to 1.5 times the voice's own. */
  readonly speed: number | undefined;
  /** 0.5 to 2 times the voice's own. */
  readonly volume: number | undefined;
  readonly emotion: string | undefined;
  readonly pronunciationDictId: string | undefined;
  /** 0 to 5000. */
  readonly maxBufferDelayMs: number;
  /** Further fields of the request. */
  readonly extra: Readonly<Record<string, unknown>> | undefined;
}

function requestOf(contextId: string, speaking: Speaking): object {
  const { speed, volume, emotion, format, language, pronunciationDictId, extra } = speaking;
  const isConfigured = speed !== undefined || volume !== undefined || emotion !== undefined;
  return {
    add_timestamps: true,
    // The words as they are written: in normalised text "12" has become "twelve".
    use_normalized_timestamps: false,
    max_buffer_delay_ms: speaking.maxBufferDelayMs,
    ...extra,
    context_id: contextId,
    model_id: speaking.model,
    voice: { mode: 'id', id: speaking.voiceId },
    output_format: outputFormat(format),
    ...(language !== undefined && { language }),
    ...(isConfigured && { generation_config: { speed, volume, emotion } }),
    ...(pronunciationDictId !== undefined && { pronunciation_dict_id: pronunciationDictId }),
  };
}

/**
 * The messages that have a text spoken now. Only a flush separates its audio from that of the next text, and it must be
 * a request of its own.
 *
 * Source: https://docs.cartesia.ai/use-the-api/tts-websocket/context-flushing-and-flush-i-ds
 */
export function speakText(contextId: string, speaking: Speaking, transcript: string): readonly string[] {
  const request = { ...requestOf(contextId, speaking), continue: true };
  return [
    JSON.stringify({ ...request, transcript }),
    JSON.stringify({ ...request, transcript: '', flush: true }),
  ];
}

/** Ends a context after its last text. */
export function endContext(contextId: string, speaking: Speaking): string {
  return JSON.stringify({ ...requestOf(contextId, speaking), transcript: '', continue: false });
}

/** Ends a context in the middle. */
export function cancelContext(contextId: string): string {
  return JSON.stringify({ context_id: contextId, cancel: true });
}

/** The sample rates of PCM that Cartesia offers. */
export const pcmRatesHz: readonly number[] = [24000, 16000, 8000, 22050, 44100, 48000];

/** Cartesia's name of a format; null if it does not offer the format. */
export function outputFormat({ encoding, sampleRateHz }: AudioFormat): object | null {
  if (encoding === 'mulaw' ? sampleRateHz !== 8000 : !pcmRatesHz.includes(sampleRateHz)) return null;
  return {
    container: 'raw',
    encoding: encoding === 'mulaw' ? 'pcm_mulaw' : 'pcm_s16le',
    sample_rate: sampleRateHz,
  };
}
