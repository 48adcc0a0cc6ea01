/** Breaks the caller's own connection at the moments of a drill. */
import type { Clock } from '../core/clock.js';
import type { SessionEvent } from '../events/session-event.js';
import type { Caller } from '../replay/caller.js';
import type { ConnectionMoment, Drill } from './drill.js';
import { drillToolMs } from './drill-tool.js';

/** Which event a moment follows, and by how much. */
const moments: Readonly<
  Record<ConnectionMoment, { readonly after: (event: SessionEvent) => boolean; readonly ms: number }>
> = {
  greeting: { after: ({ type, turn }) => type === 'tts.audio_start' && turn === 0, ms: 600 },
  silence: { after: ({ type, turn }) => type === 'tts.audio_end' && turn === 0, ms: 60 },
  utterance: { after: ({ type, turn }) => type === 'speech.start' && turn === 1, ms: 300 },
  tool: { after: ({ type, turn }) => type === 'llm.tool_call' && turn === 1, ms: drillToolMs / 2 },
  answer: { after: ({ type, turn }) => type === 'tts.audio_start' && turn === 1, ms: 600 },
};

/** The listeners of the drilled call; `onBreak` is called at each break. */
export function connectionBreaks(
  drill: Drill | null,
  clock: Clock,
  onBreak: () => void,
): { readonly onCaller: (caller: Caller) => void; readonly onEvent: (event: SessionEvent) => void } {
  const { breaks = [], awayMs = 0 } = drill?.kind === 'connection' ? drill : {};
  const pending = new Set(breaks);
  let caller: Caller | null = null;
  return {
    onCaller: (placed) => {
      caller = placed;
    },
    onEvent: (event) => {
      for (const moment of pending) {
        const { after, ms } = moments[moment];
        if (!after(event)) continue;
        pending.delete(moment);
        clock.setTimer(ms, () => {
          onBreak();
          caller?.dropConnection({ afterMs: awayMs });
        });
      }
    },
  };
}
