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

/**
 * The forms in which Cartesia has been seen to send a transcript. Sources:
 * https://docs.cartesia.ai/use-the-api/stt/common-pitfalls (parts to be joined as they are, interim ones among them);
 * https://github.com/joewongjc/type4me/pull/242 (parts that are final before a request);
 * https://github.com/livekit/agents, the plugin's `legacy_recognize_stream.py` (empty texts, and word times that count from the
 * window that was recognised).
 */
export interface InkManners {
  /** Whether interim parts are sent. @default true */
  readonly interims?: boolean;
  /** Whether parts become final in the middle of speech. @default false */
  readonly earlyParts?: boolean;
  /** Whether a request without words gets an empty transcript besides its `flush_done`. @default false */
  readonly emptyFinal?: boolean;
  /** Whether the space between two parts is at the begin of the second one or at the end of the first one. @default 'before' */
  readonly space?: 'before' | 'behind';
  /** Whether transcripts have their optional fields. @default true */
  readonly details?: boolean;
  /** Whether undocumented messages are sent. @default false */
  readonly unknown?: boolean;
}

export const documentedInkManners: Required<InkManners> = {
  interims: true,
  earlyParts: false,
  emptyFinal: false,
  space: 'before',
  details: true,
  unknown: false,
};

/** Draws one connection's manners. */
export function drawInkManners(random: () => number): Required<InkManners> {
  const isSo = (): boolean => random() < 0.5;
  return {
    interims: isSo(),
    earlyParts: isSo(),
    emptyFinal: isSo(),
    space: isSo() ? 'before' : 'behind',
    details: isSo(),
    unknown: isSo(),
  };
}
