import type { TimedWord } from '../../audio/timed-word.js';
import type { SpokenWord } from './cartesia-tts-messages.js';
import { LetterTimes, lettersOf } from './word-times.js';

interface Word {
  readonly text: string;
  /** Its letters among those of the whole text. */
  readonly start: number;
  readonly end: number;
}

interface Chunk {
  readonly words: readonly Word[];
  readonly characters: number;
  /** Where its audio begins and ends, in milliseconds of the whole audio; NaN before its first audio. */
  startMs: number;
  endMs: number;
}

/** The words of a chunk with their times, and whether the server reported all of them. */
export interface WordTimes {
  readonly words: readonly TimedWord[];
  readonly origin: 'measured' | 'estimated';
}

/** Times of a chunk that lie this much before its audio count from the beginning of the chunk. */
const restartMs = 300;
/** Times are rounded: a word may seem to end this much after its audio. */
const roundingMs = 1;
/** The fastest speech, in milliseconds for a character: shorter audio is incomplete. */
const fastestMsPerCharacter = 40;

/**
 * Tracks which chunk of an answer is being spoken, and the times of its words. Each chunk is flushed, so that its audio
 * has a `flush_id` of its own and a `flush_done` behind it. Only the order of the ids counts: with server-side
 * buffering off, Cartesia also flushes each text by itself (https://github.com/pipecat-ai/pipecat/pull/4390), so ids
 * without audio may lie between. Times count from the first sample that the server sent.
 */
export class SpokenChunks {
  readonly #chunks: Chunk[] = [];
  readonly #letters = new LetterTimes();
  #current = 0;
  /** Chunks before this one are complete. */
  #complete = 0;
  /** Whether the next audio belongs to the next chunk. */
  #isAtBoundary = false;
  #sawFlush = false;
  /** Of the latest audio of this context. */
  #flushId: number | null = null;
  #audioMs = 0;
  /** Where this context's audio begins. */
  #contextMs = 0;

  /** Number of chunks so far. */
  get count(): number {
    return this.#chunks.length;
  }

  /** Index of the chunk whose audio is arriving or comes next. */
  get current(): number {
    return this.#current;
  }

  /** Chunks before this index are complete. */
  get complete(): number {
    return this.#complete;
  }

  /** Whether the server has reported all text so far as spoken. */
  get allSpoken(): boolean {
    return this.#nextSpeakable(this.#complete) === null;
  }

  /** Whether audio for the written text is missing: by the server's reports, else by the length of the audio. */
  get owesAudio(): boolean {
    if (this.allSpoken) return false;
    if (this.#sawFlush) return true;
    const characters = this.#chunks.reduce((sum, chunk) => sum + chunk.characters, 0);
    return this.#audioMs < characters * fastestMsPerCharacter;
  }

  /** Adds the next chunk; an empty one has no audio. */
  add(text: string): void {
    const words = text.split(/\s+/).flatMap((word): Word[] => {
      if (word === '') return [];
      const start = this.#letters.count;
      this.#letters.add(word);
      return [{ text: word, start, end: this.#letters.count }];
    });
    this.#chunks.push({ words, characters: text.length, startMs: NaN, endMs: NaN });
  }

  /** The chunks from here on are spoken in a new context, whose flush ids and times start again. */
  beginContext(): void {
    this.#contextMs = this.#audioMs;
    this.#flushId = null;
    if (this.#isHeard(this.#current)) this.#isAtBoundary = true;
  }

  /**
   * Takes the next piece of audio, `lengthMs` long. Returns the chunk that it belongs to; null if all chunks are
   * complete. `isOver`: the server has reported the end, so audio of a further text belongs to no chunk.
   */
  take(lengthMs: number, flushId: number | null, isOver = false): number | null {
    const isNextId = flushId !== null && this.#flushId !== null && flushId > this.#flushId;
    if (this.#isAtBoundary || isNextId || this.#isTimedNext()) {
      const next = this.#nextSpeakable(this.#current + 1);
      if (next !== null) this.#begin(next);
      else if (this.#isAtBoundary || isOver) return null;
    } else if (!this.#isHeard(this.#current)) {
      this.#begin(this.#nextSpeakable(this.#current) ?? this.#current);
    }
    const chunk = this.#chunks[this.#current];
    if (!chunk) return null;
    this.#flushId = flushId ?? this.#flushId;
    if (Number.isNaN(chunk.startMs)) chunk.startMs = this.#audioMs;
    this.#audioMs += lengthMs;
    chunk.endMs = this.#audioMs;
    return this.#current;
  }

  /** The server reports that a flushed text is complete. */
  flushed(flushId: number | null): void {
    const isOld = flushId !== null && this.#flushId !== null && flushId < this.#flushId;
    // A flush without audio is one that the server added itself.
    if (isOld || this.#isAtBoundary || !this.#isHeard(this.#current)) return;
    this.#sawFlush = true;
    this.#isAtBoundary = true;
    this.#complete = this.#nextSpeakable(this.#current + 1) ?? this.#chunks.length;
  }

  /** Takes reported word times; they may come before or after their audio. */
  time(words: readonly SpokenWord[]): void {
    for (const word of words) this.#letters.take(word, this.#contextMs);
  }

  /** The times of all words of a spoken chunk; null if none was reported. */
  wordsOf(index: number): WordTimes | null {
    const chunk = this.#chunks[index];
    if (!chunk || Number.isNaN(chunk.startMs)) return null;
    const known = chunk.words.map((word) => this.#timesOf(chunk, word));
    if (known.every((times) => times === null)) return null;
    let lastMs = chunk.startMs;
    // A dash has no time of its own.
    const isMeasured = chunk.words.every(({ start, end }, at) => end === start || known[at] !== null);
    const words = chunk.words.map(({ text, start, end }, at): TimedWord => {
      const times = known[at] ?? null;
      const nextMs = known.find((one, later) => later > at && one !== null)?.startMs ?? chunk.endMs;
      const startMs = clamp(times?.startMs ?? lastMs, lastMs, chunk.endMs);
      const endMs = clamp(times?.endMs ?? (end > start ? nextMs : startMs), startMs, chunk.endMs);
      lastMs = endMs;
      return { text, startMs, endMs };
    });
    return { words, origin: isMeasured ? 'measured' : 'estimated' };
  }

  /** The chunk's words that were completely spoken, by their times; null if no word of the whole text was timed. */
  spokenWordsOf(index: number): WordTimes | null {
    const chunk = this.#chunks[index];
    if (!chunk || this.#letters.next === 0) return null;
    const words: TimedWord[] = [];
    let lastMs = Number.isNaN(chunk.startMs) ? this.#audioMs : chunk.startMs;
    for (const word of chunk.words) {
      const silent = word.end === word.start ? { startMs: lastMs, endMs: lastMs } : null;
      const times = silent ?? this.#timesOf(chunk, word);
      if (!times || times.endMs > this.#audioMs + roundingMs) break;
      const startMs = Math.max(lastMs, times.startMs);
      lastMs = Math.max(startMs, times.endMs);
      words.push({ text: word.text, startMs, endMs: lastMs });
    }
    return { words, origin: 'measured' };
  }

  #begin(index: number): void {
    this.#current = index;
    this.#complete = Math.max(this.#complete, index);
    this.#isAtBoundary = false;
  }

  #isHeard(index: number): boolean {
    return !Number.isNaN(this.#chunks[index]?.startMs ?? NaN);
  }

  #nextSpeakable(from: number): number | null {
    const index = this.#chunks.findIndex(
      ({ words }, at) => at >= from && words.some(({ start, end }) => end > start),
    );
    return index === -1 ? null : index;
  }

  /** Without any flush reports, the next chunk begins with its first word. */
  #isTimedNext(): boolean {
    if (this.#sawFlush || this.#flushId !== null) return false;
    const next = this.#nextSpeakable(this.#current + 1);
    const letter =
      next === null ? undefined : this.#chunks[next]?.words.find(({ start, end }) => end > start);
    return letter !== undefined && this.#letters.startMs(letter.start) <= this.#audioMs + roundingMs;
  }

  #timesOf(chunk: Chunk, { start, end }: Word): { readonly startMs: number; readonly endMs: number } | null {
    const startMs = this.#letters.startMs(start);
    const endMs = this.#letters.endMs(end - 1);
    if (end === start || Number.isNaN(startMs) || Number.isNaN(endMs)) return null;
    const byMs = this.#shiftOf(chunk);
    return { startMs: startMs + byMs, endMs: endMs + byMs };
  }

  #shiftOf({ startMs, words }: Chunk): number {
    const first = words.find((word) => !Number.isNaN(this.#letters.startMs(word.start)));
    const firstMs = first ? this.#letters.startMs(first.start) : NaN;
    return firstMs < startMs - restartMs ? startMs - this.#contextMs : 0;
  }
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(value, Math.max(least, most)));
}

/** Whether a text has anything to say. */
export function isSpeakable(text: string): boolean {
  return lettersOf(text) !== '';
}
