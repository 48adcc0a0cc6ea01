/**
 * Joins the rest of an answer to the part that was said. A model that is asked to continue repeats a few words, all of them, or none.
 * What the caller has heard must not come again, and nothing may be lost.
 */

/** Scripts that are written without spaces: each character counts as a word. */
const unspaced =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}';
const words = new RegExp(`[${unspaced}]|(?:(?![${unspaced}])[\\p{L}\\p{M}\\p{N}'’])+`, 'gu');
const unspacedCharacter = new RegExp(`[${unspaced}]`, 'u');
const wordAtStart = /^[\p{L}\p{M}\p{N}]/u;
/** No space follows these: currency signs, `#`, `@`, `/`, opening brackets and quotes, a hyphen or apostrophe in a word. */
const joinsNext = /(?<!\p{N}\s{0,2})\p{Sc}$|[#@/([{“„‘¿¡]$|[\p{L}\p{N}][-‐'’]$/u;
const sentenceMark = /[.,;:!?…。、，！？]/u;

/** A rest repeats at most this many words of a long answer, unless it repeats all of it. */
const longestRepetition = 300;
/** A word that was cut off may go on with this many letters. */
const longestRestOfWord = 200;
/** How many marks at the end of what was said may be repeated: "It costs $" and "$6". */
const longestTail = 8;

interface Word {
  /** In lower case. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** A place in what was said from which the rest may be a repetition. */
interface Candidate {
  /** Index of its first word. */
  readonly start: number;
  /** Whether every word has been the same so far; the last one may have been cut off. */
  isExact: boolean;
  /** Whether the rest has repeated all words from there. */
  isComplete: boolean;
}

/** Joins the rest of an answer, as it arrives, to what was said. Each word that arrives is examined once. */
export class OverlapTrimmer {
  readonly #said: string;
  readonly #saidWords: readonly Word[];
  /** Whether what was said may end in the middle of a word. */
  readonly #endsOpen: boolean;
  /** The marks after the last word, without white space. */
  readonly #tail: string;
  /** What has arrived, while it may be a repetition; null once that is decided. */
  #held: string | null = '';
  /** Its whole words. */
  readonly #came: Word[] = [];
  /** What of it may still become a word, and where that begins. */
  #open = '';
  #openFrom = 0;
  /** The longest repetition first. */
  #candidates: Candidate[];
  /** The repetition is over, but marks and spaces that follow may still belong to it. */
  #dropsMarks = false;
  /** How many marks of the tail were repeated, and whether white space came among them. */
  #repeatedMarks = 0;
  #sawBlank = false;

  constructor(said: string) {
    this.#said = said;
    this.#saidWords = wordsOf(said);
    const last = this.#saidWords.at(-1);
    this.#endsOpen = last?.end === said.length && !unspacedCharacter.test(last.text);
    this.#tail = said
      .slice(last?.end ?? 0)
      .replace(/\s/g, '')
      .slice(-longestTail);
    const count = this.#saidWords.length;
    const starts = [...this.#saidWords.keys()].filter((at) => at === 0 || at >= count - longestRepetition);
    this.#candidates = starts.map((start) => ({ start, isExact: true, isComplete: false }));
  }

  /** Takes the next piece of the rest. Gives the part that is new: none, while it may be a repetition. */
  push(text: string): string {
    if (this.#dropsMarks) return this.#withoutMarks(text);
    if (this.#held === null) return text;
    this.#held += text;
    this.#open += text;
    const repeated = this.#repeatedWords(false);
    return repeated === null ? '' : this.#join(this.#held, repeated);
  }

  /** The rest is complete: gives what was held back. */
  flush(): string {
    if (this.#held === null) return '';
    return this.#join(this.#held, this.#repeatedWords(true) ?? 0);
  }

  /** How many words at the beginning of the rest were said already; null where that cannot be told yet. */
  #repeatedWords(isWhole: boolean): number | null {
    const open = this.#takeWords(isWhole);
    if (this.#came.length === 0 && open === '' && !isWhole) return null;
    for (const candidate of this.#candidates) {
      if (candidate.isComplete) {
        if (this.#isNoCoincidence(candidate)) return this.#saidWords.length - candidate.start;
      } else if (!isWhole && this.#mayMatch(candidate, open)) {
        return null;
      }
    }
    return 0;
  }

  /** Takes the whole words that have arrived; gives the beginning of an incomplete one. */
  #takeWords(isWhole: boolean): string {
    const arrived = this.#open;
    // Half a character may become a letter.
    let openFrom = arrived.length - (/[\uD800-\uDBFF]$/.test(arrived) ? 1 : 0);
    let open = '';
    for (const { 0: word, index } of arrived.matchAll(words)) {
      const text = word.toLowerCase();
      const end = index + word.length;
      if (end === arrived.length && !isWhole && !unspacedCharacter.test(text)) {
        openFrom = index;
        open = text;
        break;
      }
      this.#candidates = this.#candidates.filter((candidate) => this.#matches(candidate, text));
      this.#came.push({ text, start: this.#openFrom + index, end: this.#openFrom + end });
    }
    // What was examined is not examined again, or many marks without a word would take quadratic time.
    this.#open = arrived.slice(openFrom);
    this.#openFrom += openFrom;
    return open;
  }

  /** Whether a repetition from this place can continue with this whole word, or is complete already. */
  #matches(candidate: Candidate, text: string): boolean {
    if (candidate.isComplete) return true;
    const index = candidate.start + this.#came.length;
    const word = this.#saidWords[index]?.text ?? '';
    const isLast = index === this.#saidWords.length - 1;
    candidate.isExact &&= text === word;
    candidate.isComplete = isLast;
    return text === word || (isLast && this.#endsOpen && text.startsWith(word));
  }

  /** Whether it can continue with a word that begins like this. */
  #mayMatch({ start }: Candidate, open: string): boolean {
    const index = start + this.#came.length;
    const word = this.#saidWords[index]?.text ?? '';
    const mayGoOn = index === this.#saidWords.length - 1 && this.#endsOpen;
    if (open.length > word.length + longestRestOfWord) return false;
    return word.startsWith(open) || (mayGoOn && open.startsWith(word));
  }

  /** A single short word or number may occur twice by chance, and one that was only begun may be another word. */
  #isNoCoincidence({ start, isExact }: Candidate): boolean {
    if (start === 0) return true;
    const count = this.#saidWords.length - start;
    if (unspacedCharacter.test(this.#saidWords.at(-1)?.text ?? '')) return count >= 3;
    return count >= 2 || (isExact && /\p{L}{3}/u.test(this.#saidWords[start]?.text ?? ''));
  }

  #join(rest: string, repeated: number): string {
    this.#held = null;
    const lastSaid = this.#saidWords.at(-1);
    const lastRepeated = repeated > 0 ? this.#came[repeated - 1] : undefined;
    if (!lastSaid || !lastRepeated) return this.#withoutTail(rest);
    const added = rest.slice(lastRepeated.start + lastSaid.text.length);
    if (lastSaid.end === this.#said.length) return added;
    return this.#withoutMarks(added);
  }

  /** Drops marks and spaces that were said after the last word. */
  #withoutMarks(text: string): string {
    let at = 0;
    for (; at < text.length; at++) {
      const mark = text.charAt(at);
      if (/\s/.test(mark)) this.#sawBlank = true;
      else if (mark === this.#tail[this.#repeatedMarks]) {
        this.#repeatedMarks++;
        // The white space came before a mark that was said.
        this.#sawBlank = false;
      } else if (!sentenceMark.test(mark)) break;
    }
    this.#dropsMarks = at === text.length;
    if (this.#dropsMarks) return '';
    // All marks were repeated, so the rest has the right space after them.
    const isSame = this.#tail !== '' && this.#repeatedMarks === this.#tail.length && !this.#sawBlank;
    if (isSame && !/\s$/.test(this.#said)) return text.slice(at);
    return this.#spaced((this.#sawBlank ? ' ' : '') + text.slice(at));
  }

  /** A rest that repeats no word may still repeat the marks after the last one. */
  #withoutTail(rest: string): string {
    const added = rest.trimStart();
    for (let count = Math.min(this.#tail.length, added.length); count > 0; count--)
      if (added.startsWith(this.#tail.slice(-count))) return this.#spaced(added.slice(count));
    return this.#spaced(rest);
  }

  /** `rest` with a space before it where two words would run together, and without one where it belongs to what was said. */
  #spaced(rest: string): string {
    const said = this.#said;
    const added = rest.trimStart();
    if (said === '' || /\s$/.test(said)) return added;
    const isNumberNext = /^\p{N}/u.test(added);
    if (joinsNext.test(said) && wordAtStart.test(added)) return /[-‐]$/.test(said) ? rest : added;
    // "9:" and "30", "3." and "50": no space is added; after a full stop the rest's own is kept.
    if (isNumberNext && /\p{N}:$/u.test(said)) return added;
    if (isNumberNext && /\p{N}[.,]$/u.test(said)) return rest;
    const needsSpace = wordAtStart.test(rest) && !unspacedCharacter.test(rest.charAt(0));
    return needsSpace ? ` ${rest}` : rest;
  }
}

function wordsOf(text: string): Word[] {
  return [...text.matchAll(words)].map(({ 0: word, index }) => ({
    text: word.toLowerCase(),
    start: index,
    end: index + word.length,
  }));
}
