import type { TimedWord } from '../../audio/timed-word.js';
import type { CharacterTimes } from './elevenlabs-messages.js';

interface Chunk {
  readonly words: readonly string[];
  /** Index of its first character among all, spaces not counted. */
  readonly start: number;
  readonly end: number;
}

/** A stretch of a piece of audio that belongs to one chunk. */
export interface ChunkPart {
  readonly chunk: number;
  /** Where it begins in the piece, in milliseconds. */
  readonly fromMs: number;
}

/**
 * Which chunk is being spoken: audio comes with the times of its characters, so counting characters tells where one
 * chunk's audio ends and the next begins. Spaces are not counted, since the server adds and drops some.
 */
export class SpokenChunks {
  readonly #chunks: Chunk[] = [];
  #written = 0;
  #spoken = 0;
  #current = 0;
  /** Characters as they were spoken, and their times from the stream's first sample. */
  readonly #characters: string[] = [];
  readonly #startMs: number[] = [];
  readonly #endMs: number[] = [];

  /** Chunks so far. */
  get count(): number {
    return this.#chunks.length;
  }

  /** The chunk whose audio comes next, or is coming. */
  get current(): number {
    return this.#current;
  }

  /** Whether the last character of all that was written has been spoken. */
  get allSpoken(): boolean {
    return this.#spoken >= this.#written;
  }

  /** Takes the next chunk; an empty one is spoken as soon as those before it are. */
  add(text: string): void {
    const words = text.split(/\s+/).filter((word) => word !== '');
    const start = this.#written;
    this.#written += lengthOf(words.join(''));
    this.#chunks.push({ words, start, end: this.#written });
  }

  /**
   * Takes the character times of a piece of audio that begins `offsetMs` into the stream. Gives the parts of the piece in
   * order, the first being what goes on of the current chunk.
   */
  take(times: CharacterTimes | null, offsetMs: number): readonly ChunkPart[] {
    const parts: ChunkPart[] = [{ chunk: this.#current, fromMs: 0 }];
    if (!times) return parts;
    const from = this.#spoken;
    for (const [index, text] of times.chars.entries()) {
      const startMs = times.charStartTimesMs[index] ?? 0;
      const endMs = startMs + (times.charDurationsMs[index] ?? 0);
      for (const character of text) {
        if (/\s/.test(character)) continue;
        const chunk = this.#chunkAt(this.#spoken);
        if (chunk !== this.#current) {
          this.#current = chunk;
          // A piece that begins with a new chunk has no part of the old one.
          if (this.#spoken === from) parts.length = 0;
          parts.push({ chunk, fromMs: this.#spoken === from ? 0 : startMs });
        }
        this.#characters.push(character);
        this.#startMs.push(offsetMs + startMs);
        this.#endMs.push(offsetMs + endMs);
        this.#spoken++;
      }
    }
    return parts;
  }

  /** The times of a chunk's words; null where what was spoken is not, letter by letter, what was written. */
  wordsOf(index: number): readonly TimedWord[] | null {
    const chunk = this.#chunks[index];
    if (!chunk || this.#spoken < chunk.end || chunk.words.length === 0) return null;
    return this.#isAsWritten(chunk) ? this.#timesOf(chunk) : null;
  }

  /** The times of a chunk's first words, as far as they were spoken to their ends; null where that cannot be told. */
  spokenWordsOf(index: number): readonly TimedWord[] | null {
    const chunk = this.#chunks[index];
    if (!chunk || this.#characters.length === 0) return null;
    return this.#isAsWritten(chunk) ? this.#timesOf(chunk) : null;
  }

  #isAsWritten({ words, start, end }: Chunk): boolean {
    return words.join('').startsWith(this.#characters.slice(start, end).join(''));
  }

  #timesOf({ words, start }: Chunk): readonly TimedWord[] {
    const timed: TimedWord[] = [];
    let position = start;
    for (const text of words) {
      const startMs = this.#startMs[position] ?? 0;
      position += lengthOf(text);
      if (position > this.#spoken) break;
      timed.push({ text, startMs, endMs: Math.max(startMs, this.#endMs[position - 1] ?? 0) });
    }
    return timed;
  }

  /** Beyond the last chunk, what is spoken belongs to it. */
  #chunkAt(character: number): number {
    let index = this.#current;
    while (index < this.#chunks.length - 1 && character >= (this.#chunks[index]?.end ?? 0)) index++;
    return index;
  }
}

/** In code points, as the server counts. */
function lengthOf(text: string): number {
  return Array.from(text).length;
}
