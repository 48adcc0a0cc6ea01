import type { TimedWord } from '../audio/timed-word.js';

/** What a recogniser says about a stretch of audio. */
export interface Said {
  readonly text: string;
  readonly words?: readonly TimedWord[];
}

/** How a recogniser that took over in the middle of a stream sees it; positions are those of the whole stream. */
export interface Takeover {
  /** Where the audio begins that it was given: the zero of its own times. */
  readonly startMs: number;
  /** Words that end here have been said in finals before. */
  readonly saidUntilMs: number;
}

/**
 * What it says, in the times of the whole stream and without the words that were said before: those whose middle lies before
 * the end of the last one. Without times all words are taken to be new.
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
