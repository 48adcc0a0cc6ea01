import type { SpokenWord } from './cartesia-tts-messages.js';

/** Letters that may be missing from the reported words before the next one counts as another text's. */
const mostSkippedLetters = 24;

/** The letters and digits of a text in lower case: what a word and its report have in common. */
export function lettersOf(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
}

/**
 * The times of a text's letters, from the words that Cartesia reports. A reported word may be a part of a written one
 * (a single character of Chinese or Japanese), lack its punctuation, or be left out ("2 + 2 = 4" has no times at all:
 * https://github.com/pipecat-ai/pipecat/pull/447).
 */
export class LetterTimes {
  #letters = '';
  /** By letter; holes are unknown. */
  readonly #startMs: number[] = [];
  readonly #endMs: number[] = [];
  #next = 0;

  /** Number of letters so far. */
  get count(): number {
    return this.#letters.length;
  }

  /** Index of the letter after the last timed one; 0 if none is. */
  get next(): number {
    return this.#next;
  }

  add(text: string): void {
    this.#letters += lettersOf(text);
  }

  /** Takes the next reported word, whose times count from `fromMs` of the whole audio. */
  take({ text, startMs, endMs }: SpokenWord, fromMs: number): void {
    const letters = lettersOf(text);
    if (letters === '') return;
    const at = this.#letters.indexOf(letters, this.#next);
    if (at === -1 || at - this.#next > mostSkippedLetters) return;
    const eachMs = (endMs - startMs) / letters.length;
    for (let index = 0; index < letters.length; index++) {
      this.#startMs[at + index] = fromMs + startMs + index * eachMs;
      this.#endMs[at + index] = fromMs + startMs + (index + 1) * eachMs;
    }
    this.#next = at + letters.length;
  }

  /** NaN if unknown. */
  startMs(letter: number): number {
    return this.#startMs[letter] ?? NaN;
  }

  /** NaN if unknown. */
  endMs(letter: number): number {
    return this.#endMs[letter] ?? NaN;
  }
}
