import type { TimedWord } from '../../audio/timed-word.js';

/** The words of a stretch of audio. */
export interface Said {
  readonly text: string;
  readonly words?: readonly TimedWord[];
}

/** Where a recogniser took over within a stream; positions are those of the whole stream. */
export interface Takeover {
  /** The beginning of its audio: zero in its own times. */
  readonly startMs: number;
  /** The end of the last word that earlier finals contain. */
  readonly saidUntilMs: number;
}

/**
 * The recogniser's new words, in the times of the whole stream. A word whose middle lies before `saidUntilMs` is not new.
 * Without times, all words count as new.
 */
export function afterTakeover({ text, words }: Said, { startMs, saidUntilMs }: Takeover): Said {
  if (!words) return { text };
  if (startMs === 0 && saidUntilMs === 0) return { text, words };
  const moved = words.map((word) => ({
    ...word,
    startMs: word.startMs + startMs,
    endMs: word.endMs + startMs,
  }));
  const fresh = moved.filter((word) => (word.startMs + word.endMs) / 2 >= saidUntilMs);
  if (fresh.length === moved.length) return { text, words: moved };
  return { text: fresh.map((word) => word.text).join(' '), words: fresh };
}
