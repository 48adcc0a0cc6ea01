import type { TimedWord } from '../../audio/timed-word.js';
import type { WordMessage } from './deepgram-messages.js';

/** A stretch of a transcript. */
export interface Phrase {
  readonly text: string;
  /** The words of `text`, one by one; only where all their times are known. */
  readonly words?: readonly TimedWord[];
}

/** Nothing was said. */
export const silence: Phrase = { text: '', words: [] };

/** The words of a transcript, as Deepgram separates them. */
export function wordsOf(transcript: string): string[] {
  return transcript.split(/\s+/).filter((word) => word !== '');
}

/**
 * What a message says, without its first `dropped` words. The times are left out where Deepgram's list of words does not
 * spell its transcript, as in scripts that it writes without spaces.
 */
export function phraseOf(transcript: string, words: readonly WordMessage[] = [], dropped = 0): Phrase {
  const texts = wordsOf(transcript);
  const text = dropped === 0 ? transcript.trim() : texts.slice(dropped).join(' ');
  if (text === '') return silence;
  const timed = words.flatMap(timedWord);
  const isSpelled = timed.length === texts.length && timed.every((word, index) => word.text === texts[index]);
  return isSpelled ? { text, words: timed.slice(dropped) } : { text };
}

/** One phrase after the other. */
export function joined(...phrases: readonly Phrase[]): Phrase {
  const spoken = phrases.filter(({ text }) => text !== '');
  const text = spoken.map((phrase) => phrase.text).join(' ');
  const words = spoken.flatMap((phrase) => phrase.words ?? []);
  return spoken.every((phrase) => phrase.words) ? { text, words } : { text };
}

function timedWord({ word, punctuated_word: text = word, start, end }: WordMessage): TimedWord[] {
  if (start === undefined || end === undefined) return [];
  return [{ text, startMs: start * 1000, endMs: end * 1000 }];
}
