import type { TimedWord } from '../../audio/timed-word.js';

/** The words of a stretch of audio. */
export interface Said {
  readonly text: string;
  readonly words?: readonly TimedWord[];
}

/** Where a recogniser took over in the middle of a stream; positions are those of the whole stream. */
export interface Takeover {
  /** Where its audio begins: zero in its own times. */
  readonly startMs: number;
  /** The end of the last word that earlier finals contain. */
  readonly saidUntilMs: number;
}

/**
 * What it says, in the times of the whole stream and without the words that were said before: those whose middle lies before
 * `saidUntilMs`. Without times, all words count as new.
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
