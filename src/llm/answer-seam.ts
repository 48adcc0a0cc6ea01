/**
 * Where the rest of an answer joins what was said of it already. A model that is asked to go on repeats a few words, or
 * all of them, or none: what the caller has heard must not come again, and nothing may be lost.
 */

/** Scripts that are written without spaces: each character counts as a word. */
const unspaced =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}';
const words = new RegExp(`[${unspaced}]|(?:(?![${unspaced}])[\\p{L}\\p{M}\\p{N}'’])+`, 'gu');
const unspacedCharacter = new RegExp(`[${unspaced}]`, 'u');
const wordAtStart = /^[\p{L}\p{M}\p{N}]/u;

interface Word {
  /** In lower case. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** Whether it may go on behind the end of the text. */
  readonly isOpen: boolean;
}

/** Joins the rest of an answer, as it comes, to what was said. */
export class AnswerSeam {
  readonly #said: string;
  readonly #saidWords: readonly Word[];
  /** What came, as long as it may be a repetition; null behind the seam. */
  #held: string | null = '';
  /** Behind a repetition: marks and spaces may still be part of it. */
  #dropsMarks = false;

  constructor(said: string) {
    this.#said = said;
    this.#saidWords = wordsOf(said);
  }

  /** Takes the next piece of the rest. Gives what of it is new: nothing, while it may be a repetition. */
  push(text: string): string {
    if (this.#dropsMarks) return this.#withoutMarks(text);
    if (this.#held === null) return text;
    this.#held += text;
    const repeated = this.#repeatedWords(this.#held, false);
    return repeated === null ? '' : this.#join(this.#held, repeated);
  }

  /** Nothing more comes: gives what was held back. */
  flush(): string {
    if (this.#held === null) return '';
    return this.#join(this.#held, this.#repeatedWords(this.#held, true) ?? 0);
  }

  /** How many words at the beginning of `rest` were said already; null where that cannot be told yet. */
  #repeatedWords(rest: string, isWhole: boolean): number | null {
    const came = wordsOf(rest);
    if (came.length === 0 && !isWhole) return null;
    for (let count = this.#saidWords.length; count > 0; count--) {
      const verdict = this.#compare(came, count, isWhole);
      if (verdict === 'undecided') return null;
      if (verdict === 'repeated') return count;
    }
    return 0;
  }

  /** Whether the words that came begin with the last `count` words that were said. */
  #compare(came: readonly Word[], count: number, isWhole: boolean): 'repeated' | 'new' | 'undecided' {
    const said = this.#saidWords.slice(-count);
    let isExact = true;
    for (const [index, word] of said.entries()) {
      const next = came[index];
      if (!next) return isWhole ? 'new' : 'undecided';
      // What was said may end in the middle of a word.
      const mayGoOn = index === count - 1 && word.isOpen;
      if (next.isOpen && !isWhole) {
        return word.text.startsWith(next.text) || (mayGoOn && next.text.startsWith(word.text))
          ? 'undecided'
          : 'new';
      }
      if (next.text === word.text) continue;
      if (!mayGoOn || !next.text.startsWith(word.text)) return 'new';
      isExact = false;
    }
    return this.#isNoCoincidence(said, isExact) ? 'repeated' : 'new';
  }

  /** A single short word or number may well come twice, and one that looks like a beginning may be another. */
  #isNoCoincidence(said: readonly Word[], isExact: boolean): boolean {
    if (said.length === this.#saidWords.length) return true;
    if (unspacedCharacter.test(said.at(-1)?.text ?? '')) return said.length >= 3;
    return said.length >= 2 || (isExact && /\p{L}{3}/u.test(said[0]?.text ?? ''));
  }

  #join(rest: string, repeated: number): string {
    this.#held = null;
    const lastSaid = this.#saidWords.at(-1);
    const lastRepeated = repeated > 0 ? wordsOf(rest)[repeated - 1] : undefined;
    if (!lastSaid || !lastRepeated) return spaced(this.#said, rest);
    const added = rest.slice(lastRepeated.start + lastSaid.text.length);
    if (lastSaid.end === this.#said.length) return added;
    return this.#withoutMarks(added);
  }

  /** The mark or space behind the last word was said, too. */
  #withoutMarks(text: string): string {
    const added = text.replace(/^[\s.,;:!?…。、，！？]+/u, '');
    this.#dropsMarks = added === '';
    return this.#dropsMarks ? '' : spaced(this.#said, added);
  }
}

/** `rest` with a space before it where words would run into one another, and without one where there is one. */
function spaced(said: string, rest: string): string {
  if (said === '' || /\s$/.test(said)) return rest.trimStart();
  const needsSpace = wordAtStart.test(rest) && !unspacedCharacter.test(rest.charAt(0));
  return needsSpace ? ` ${rest}` : rest;
}

function wordsOf(text: string): Word[] {
  return [...text.matchAll(words)].map(({ 0: word, index }) => ({
    text: word.toLowerCase(),
    start: index,
    end: index + word.length,
    isOpen: index + word.length === text.length && !unspacedCharacter.test(word),
  }));
}
