import type { TimedWord } from '../../audio/timed-word.js';
import type { WordMessage } from './deepgram-messages.js';

/** A part of a transcript. */
export interface Phrase {
  readonly text: string;
  /** The words of `text`, only if all their times are known. */
  readonly words?: readonly TimedWord[];
}

/** Neighbouring words may overlap by this much because of rounding. */
const overlapMs = 100;

/** Nothing was said. */
export const silence: Phrase = { text: '', words: [] };

/** The words of a transcript, as Deepgram separates them. */
export function wordsOf(transcript: string): string[] {
  return transcript.split(/\s+/).filter((word) => word !== '');
}

/**
 * A message's transcript without its first `dropped` words. Times are left out if Deepgram's list of words does not
 * match the transcript, as in scripts without spaces, or if they run backwards.
 */
export function phraseOf(transcript: string, words: readonly WordMessage[] = [], dropped = 0): Phrase {
  const texts = wordsOf(transcript);
  const text = dropped === 0 ? transcript.trim() : texts.slice(dropped).join(' ');
  if (text === '') return silence;
  const timed = words.flatMap(timedWord);
  const isSpelled = timed.length === texts.length && timed.every((word, index) => word.text === texts[index]);
  const ordered = isSpelled ? inOrder(timed) : null;
  return ordered ? { text, words: ordered.slice(dropped) } : { text };
}

/** Joins phrases in order. */
export function joined(...phrases: readonly Phrase[]): Phrase {
  const spoken = phrases.filter(({ text }) => text !== '');
  const text = spoken.map((phrase) => phrase.text).join(' ');
  const words = spoken.every((phrase) => phrase.words)
    ? inOrder(spoken.flatMap((phrase) => phrase.words ?? []))
    : null;
  return words ? { text, words } : { text };
}

function timedWord({ word, punctuated_word: text = word, start, end }: WordMessage): TimedWord[] {
  if (start === undefined || end === undefined) return [];
  return [{ text, startMs: start * 1000, endMs: end * 1000 }];
}

/** Removes small overlaps between words; null if their times run backwards. */
function inOrder(words: readonly TimedWord[]): TimedWord[] | null {
  const ordered: TimedWord[] = [];
  for (const word of words) {
    const beforeMs = ordered.at(-1)?.endMs ?? 0;
    if (word.endMs < word.startMs || word.startMs < beforeMs - overlapMs) return null;
    const startMs = Math.max(beforeMs, word.startMs);
    ordered.push({ ...word, startMs, endMs: Math.max(startMs, word.endMs) });
  }
  return ordered;
}
