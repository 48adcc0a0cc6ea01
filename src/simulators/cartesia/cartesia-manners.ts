/**
 * The forms in which Cartesia has been seen to send the same answer. Sources: the types of `@cartesia/cartesia-js`, in which
 * `flush_id` and `word_timestamps` are optional; https://github.com/livekit/agents/pull/5321 and
 * https://github.com/pipecat-ai/pipecat/pull/4390 (a `flush_done` for each text without a flush, words that begin 310 ms into the
 * audio and arrive in groups of one to three); https://github.com/pipecat-ai/pipecat/pull/447 (no times at all);
 * https://github.com/pipecat-ai/pipecat/pull/793 (audio after a cancel).
 */

/** How texts are told apart. */
export const cartesiaFlushes = [
  /** As documented: a `flush_id` with each chunk, one `flush_done` for each flush. */
  'manual',
  /** Each text is flushed by itself too, so that every second id has no audio. */
  'automatic',
  /** Chunks without a `flush_id`, as in the examples of the API reference. */
  'untagged',
  /** Neither ids nor `flush_done`, as before November 2024. */
  'none',
] as const;

/** When the times of a text's words are sent. */
export const cartesiaTimings = [
  /** With the audio of the words. */
  'with_audio',
  /** Before the text's first audio. */
  'early',
  /** After the text's last audio. */
  'late',
  'none',
] as const;

/** The form of an answer of the simulated Cartesia. */
export interface CartesiaManners {
  /** @default 'manual' */
  readonly flushes?: (typeof cartesiaFlushes)[number];
  /** @default 'with_audio' */
  readonly timing?: (typeof cartesiaTimings)[number];
  /** Length of the silence before the first word of a context, in milliseconds. @default 0 */
  readonly silenceMs?: 0 | 310;
  /** Whether undocumented messages and fields, and phoneme times, are sent. @default false */
  readonly unknown?: boolean;
  /** Whether the text that was being spoken is finished after a cancel. @default false */
  readonly finishesCancelled?: boolean;
  /** When the end of an answer is reported: at once, or 400 ms later. @default 'at_once' */
  readonly end?: 'at_once' | 'late';
}

export const documentedManners: Required<CartesiaManners> = {
  flushes: 'manual',
  timing: 'with_audio',
  silenceMs: 0,
  unknown: false,
  finishesCancelled: false,
  end: 'at_once',
};

/** Draws one answer's manners. */
export function drawManners(random: () => number): Required<CartesiaManners> {
  const one = <T>(choices: readonly [T, ...T[]]): T =>
    choices[Math.floor(random() * choices.length)] ?? choices[0];
  return {
    flushes: one(cartesiaFlushes),
    timing: one(cartesiaTimings),
    silenceMs: one([0, 310]),
    unknown: one([false, true]),
    finishesCancelled: one([false, true]),
    end: one(['at_once', 'at_once', 'late']),
  };
}
