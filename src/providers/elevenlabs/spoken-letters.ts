import type { CharacterTimes } from './character-times.js';

/** Where a pass was found in the written text. */
export interface FoundPass {
  /** Index of the first letter with a time from this pass. */
  readonly firstLetter: number;
}

/** The position of a pass's audio, in milliseconds of the whole audio. */
export interface PassContext {
  /** The beginning of its piece of audio. */
  readonly pieceMs: number;
  /** The beginning of the current chunk's audio. */
  readonly chunkMs: number;
  /** The end of all audio so far. */
  readonly audioMs: number;
  /** First letters of the current chunk and of later ones, at which a pass may begin. */
  readonly chunkStarts: readonly number[];
}

/** Times that are this far from the expected position are ignored. */
const farthestMs = 3000;
/** Times may reach this much beyond the audio that they belong to. */
const tolerableMs = 300;
/** This many equal letters in a row are no coincidence. */
const certainLetters = 4;
/** How many letters are searched for a pass: numbers may be spelled out, characters left out. */
const searchedLetters = 120;

/**
 * The letters of a text with their times. Passes of character times are matched by letters, not by position: servers
 * omit letters, start again, and spell "12" as "twelve". The origin of a pass's times is inferred: the start of its
 * piece, of the whole audio, or of the chunk. White space is ignored, since servers add and drop some.
 */
export class SpokenLetters {
  readonly #letters: string[] = [];
  /** NaN for letters without times. */
  readonly #startMs: number[] = [];
  readonly #endMs: number[] = [];
  #next = 0;

  /** Number of letters so far. */
  get count(): number {
    return this.#letters.length;
  }

  /** Index after the last timed letter. */
  get next(): number {
    return this.#next;
  }

  add(text: string): void {
    for (const letter of lettersOf(text)) {
      this.#letters.push(letter);
      this.#startMs.push(NaN);
      this.#endMs.push(NaN);
    }
  }

  /** NaN if unknown. */
  startMs(letter: number): number {
    return this.#startMs[letter] ?? NaN;
  }

  /** NaN if unknown. */
  endMs(letter: number): number {
    return this.#endMs[letter] ?? NaN;
  }

  /** How many letters between `start` and `end` are audible; punctuation is not. */
  spokenBetween(start: number, end: number): number {
    return this.#letters.slice(start, end).filter((letter) => /[\p{L}\p{N}]/u.test(letter)).length;
  }

  /** How many letters before `end` have times. */
  timedBefore(end: number): number {
    return this.#startMs.slice(0, end).filter((ms) => !Number.isNaN(ms)).length;
  }

  /** End of the last timed letter; NaN if there is none. */
  get lastEndMs(): number {
    return this.endMs(this.#next - 1);
  }

  /** Takes a pass of character times. Null if it does not match the text or its times are implausible. */
  take(pass: CharacterTimes, context: PassContext): FoundPass | null {
    const heard = timedLettersOf(pass);
    const place = this.#placeOf(heard, context.chunkStarts);
    const first = place && heard[place.from];
    if (!place || !first) return null;
    const lastMs = heard.at(-1)?.endMs ?? first.startMs;
    const baseMs = this.#baseOf(place.letter, { firstMs: first.startMs, lastMs }, context);
    if (baseMs === null) return null;
    if (place.letter < this.#next) this.#next = place.letter;
    this.#assign(heard, place, baseMs);
    return { firstLetter: place.letter };
  }

  /** Whether a pass can belong to text without times yet: it has no letters, or some match there. */
  isOfText(pass: CharacterTimes): boolean {
    const heard = timedLettersOf(pass);
    const needed = Math.min(certainLetters, heard.length);
    for (let from = 0; from <= heard.length - needed; from++)
      for (let letter = this.#next; letter <= this.#letters.length - needed; letter++)
        if (this.#equalLetters(heard, from, letter, needed) === needed) return true;
    return false;
  }

  /** Where the pass begins in the text: the index in the pass and the index of the matching letter. */
  #placeOf(
    heard: readonly TimedLetter[],
    [current = 0, ...later]: readonly number[],
  ): { readonly from: number; readonly letter: number } | null {
    const equal = (letter: number): number => this.#equalLetters(heard, 0, letter);
    const goingOn = equal(this.#next);
    if (heard.length > 0 && goingOn === heard.length) return { from: 0, letter: this.#next };
    const anew = equal(current);
    const isAnew = anew >= Math.min(certainLetters, heard.length) && anew > Math.max(goingOn, 2);
    // A second pass must reach at least as far as the first.
    if (isAnew && heard.length >= this.#next - current) return { from: 0, letter: current };
    const ahead = later.find((start) => start >= this.#next && equal(start) > Math.max(goingOn, 2));
    if (ahead !== undefined) return { from: 0, letter: ahead };
    if (goingOn > 0) return { from: 0, letter: this.#next };
    return this.#search(heard, 0);
  }

  /** The nearest place, in both texts, at which they match again. */
  #search(
    heard: readonly TimedLetter[],
    from: number,
  ): { readonly from: number; readonly letter: number } | null {
    const known = this.#next;
    for (let skipped = 0; skipped < searchedLetters; skipped++) {
      for (let ours = 0; ours <= skipped; ours++) {
        const at = from + skipped - ours;
        const needed = Math.min(certainLetters, heard.length - at);
        if (ours > farthestFor(needed)) continue;
        if (needed > 0 && this.#equalLetters(heard, at, known + ours, needed) === needed)
          return { from: at, letter: known + ours };
      }
    }
    return null;
  }

  #equalLetters(heard: readonly TimedLetter[], from: number, letter: number, limit = Infinity): number {
    let count = 0;
    while (count < limit && from + count < heard.length) {
      if (heard[from + count]?.letter !== this.#letters[letter + count]) break;
      count++;
    }
    return count;
  }

  /** The origin of the pass's times that puts its first letter nearest to its expected position. */
  #baseOf(
    letter: number,
    { firstMs: startMs, lastMs }: { readonly firstMs: number; readonly lastMs: number },
    { pieceMs, chunkMs, audioMs }: PassContext,
  ): number | null {
    const isKnown = letter < this.#next && !Number.isNaN(this.startMs(letter));
    // Times that come with the last piece of what they belong to: they fit the audio behind the last timed letter.
    const heardMs = letter === 0 ? 0 : this.#endBefore(letter);
    const comesLate = !isKnown && heardMs !== null && pieceMs + lastMs > audioMs + tolerableMs;
    if (comesLate)
      for (const baseMs of [0, heardMs - startMs])
        if (Math.abs(baseMs + startMs - heardMs) < tolerableMs && baseMs + lastMs <= audioMs + tolerableMs)
          return baseMs;
    const expectedMs = isKnown ? this.startMs(letter) : (this.#endBefore(letter) ?? pieceMs);
    let best: number | null = null;
    let leastMs = farthestMs;
    for (const baseMs of [pieceMs, 0, chunkMs]) {
      const atMs = baseMs + startMs;
      const offMs = isKnown
        ? Math.abs(atMs - expectedMs)
        : Math.min(Math.abs(atMs - expectedMs), Math.abs(atMs - pieceMs));
      if (offMs >= leastMs) continue;
      best = baseMs;
      leastMs = offMs;
    }
    return best;
  }

  #endBefore(letter: number): number | null {
    if (letter === 0 || letter > this.#next || this.#next === 0) return null;
    const endMs = this.endMs(letter - 1);
    return Number.isNaN(endMs) ? null : endMs;
  }

  #assign(
    heard: readonly TimedLetter[],
    place: { readonly from: number; readonly letter: number },
    baseMs: number,
  ): void {
    let at: { readonly from: number; readonly letter: number } | null = place;
    while (at) {
      const { from, letter }: { readonly from: number; readonly letter: number } = at;
      const count = this.#equalLetters(heard, from, letter);
      for (let index = 0; index < count; index++) {
        const timed = heard[from + index];
        if (!timed) break;
        this.#startMs[letter + index] = baseMs + timed.startMs;
        this.#endMs[letter + index] = baseMs + timed.endMs;
      }
      this.#next = Math.max(this.#next, letter + count);
      if (from + count >= heard.length) return;
      const next = this.#search(heard, from + count);
      at = next && (next.from > from + count || next.letter > letter + count) ? next : null;
    }
  }
}

/** The fewer letters match, the nearer they must be. */
function farthestFor(letters: number): number {
  return letters >= 3 ? searchedLetters : letters * 3 - 1;
}

interface TimedLetter {
  readonly letter: string;
  readonly startMs: number;
  readonly endMs: number;
}

function timedLettersOf({ chars, startMs, endMs }: CharacterTimes): TimedLetter[] {
  return chars.flatMap((text, index) =>
    lettersOf(text).map((letter) => ({
      letter,
      startMs: startMs[index] ?? 0,
      endMs: endMs[index] ?? 0,
    })),
  );
}

/** The text's code points in lower case, without white space. */
export function lettersOf(text: string): string[] {
  return Array.from(text.replace(/\s+/g, ''), (letter) => letter.toLowerCase());
}
