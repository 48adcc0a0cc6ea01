/**
 * What a speech stream still has to say, when one voice after another may have to say it. Pure: counts audio and words, so
 * that a new voice goes on where the one before it broke off, and chunks and times stay those of one stream.
 */
import type { TimedWord } from '../audio/timed-word.js';

interface Chunk {
  readonly text: string;
  readonly words: readonly { readonly text: string; readonly start: number; readonly end: number }[];
  /** Words that earlier voices have said, with their times. */
  said: readonly TimedWord[];
  /** The times of the words after those, as far as the present voice has told them; null where it has not. */
  told: readonly TimedWord[] | null;
  /** The present voice's audio of it, in samples of the whole stream; null before the first. */
  startSample: number | null;
  endSample: number;
  /** A voice has failed in the middle of it. */
  isCut: boolean;
  done: boolean;
}

/** What is left when a voice has failed. */
export interface Remainder {
  /** Chunks of which nothing is left to say, though that was not told yet. */
  readonly finished: readonly number[];
  /** The chunk that was cut, with the words of all of it as far as they are known or can be guessed. */
  readonly cut: { readonly chunk: number; readonly words: readonly TimedWord[] } | null;
}

/** How fast speech goes where nothing is known of the voice: about 15 characters a second. */
const usualMsPerCharacter = 66;
/** Times are rounded: a word may seem to end this much behind its audio. */
const roundingMs = 0.5;

export class OwedChunks {
  readonly #chunks: Chunk[] = [];
  readonly #samplesPerMs: number;
  #samples = 0;
  /** The present voice's first chunk, and where its audio begins. */
  #first = 0;
  #firstSample = 0;
  /** The last chunk of which anything came, or that was done. */
  #current = -1;
  #lastSpeakable = -1;
  /** Of chunks that one voice has spoken from end to end. */
  #measuredSamples = 0;
  #measuredCharacters = 0;

  constructor(sampleRateHz: number) {
    this.#samplesPerMs = sampleRateHz / 1000;
  }

  /** Whether audio must come, whatever else is said: the last chunk's may have come without the voice saying so. */
  get owesAudio(): boolean {
    return this.#lastSpeakable > this.#current;
  }

  /** Whether every chunk is done. */
  get allDone(): boolean {
    return this.#chunks.every(({ done }) => done);
  }

  add(text: string): void {
    if (isSpeakable(text)) this.#lastSpeakable = this.#chunks.length;
    const words = [...text.matchAll(/\S+/g)].map(({ 0: word, index }) => ({
      text: word,
      start: index,
      end: index + word.length,
    }));
    this.#chunks.push({
      text,
      words,
      said: [],
      told: null,
      startSample: null,
      endSample: 0,
      isCut: false,
      done: false,
    });
  }

  /** What a new voice is to say, in order: its chunk 0 is the first that is not done. */
  begin(): readonly string[] {
    this.#first = this.#chunks.findIndex(({ done }) => !done);
    if (this.#first < 0) this.#first = this.#chunks.length;
    this.#firstSample = this.#samples;
    this.#current = this.#first - 1;
    return this.#chunks.slice(this.#first).map(restOf);
  }

  /** The number of a voice's chunk in the whole stream. */
  numberOf(chunk: number): number {
    return this.#first + chunk;
  }

  /** Counts audio of a voice's chunk. */
  addAudio(ownChunk: number, samples: number): void {
    const index = this.numberOf(ownChunk);
    const chunk = this.#chunks[index];
    if (chunk) {
      chunk.startSample ??= this.#samples;
      chunk.endSample = this.#samples + samples;
    }
    this.#samples += samples;
    this.#current = Math.max(this.#current, index);
  }

  /** Takes the times of a voice's words; gives those of the whole chunk, from the whole stream's first sample. */
  align(ownChunk: number, words: readonly TimedWord[]): readonly TimedWord[] {
    const chunk = this.#chunks[this.numberOf(ownChunk)];
    if (!chunk) return words;
    const offsetMs = this.#firstSample / this.#samplesPerMs;
    chunk.told = offsetMs === 0 ? words : words.map((word) => moved(word, offsetMs));
    return chunk.isCut ? [...chunk.said, ...chunk.told] : chunk.told;
  }

  /**
   * A voice has said all of a chunk. Gives the words of a chunk that more than one voice has said, guessed where they were
   * not told; null for others, whose words come if they are known.
   */
  finish(ownChunk: number): readonly TimedWord[] | null {
    const index = this.numberOf(ownChunk);
    const chunk = this.#chunks[index];
    this.#current = Math.max(this.#current, index);
    if (!chunk || chunk.done) return null;
    chunk.done = true;
    if (chunk.isCut) {
      const isTold = chunk.said.length + (chunk.told?.length ?? 0) >= chunk.words.length;
      if (!isTold) chunk.told = null;
      return [...chunk.said, ...this.#wordsOf(chunk, this.#msPerCharacterOf(chunk))];
    }
    if (chunk.startSample !== null) {
      this.#measuredSamples += chunk.endSample - chunk.startSample;
      this.#measuredCharacters += chunk.text.length;
    }
    return null;
  }

  /** The voice has said everything: gives the chunks of which it did not say so. */
  finishAll(): readonly number[] {
    const finished = [...this.#chunks.keys()].filter((index) => !this.#chunks[index]?.done);
    for (const chunk of this.#chunks) chunk.done = true;
    return finished;
  }

  /** The voice has failed: what it has said completely need not be said again. */
  breakOff(): Remainder {
    const finished: number[] = [];
    let cut: Remainder['cut'] = null;
    for (const [index, chunk] of this.#chunks.entries()) {
      if (chunk.done) continue;
      if (index < this.#current || !isSpeakable(restOf(this.#cutOff(chunk)))) {
        chunk.done = true;
        finished.push(index);
      } else if (chunk.isCut) {
        cut = { chunk: index, words: [...chunk.said, ...this.#guessFromHere(chunk)] };
      }
      // Audio comes in order: nothing was said of what is behind.
      if (!chunk.done) break;
    }
    return { finished, cut };
  }

  /** Moves the words that were said completely to those that need not be said again. */
  #cutOff(chunk: Chunk): Chunk {
    if (chunk.startSample === null) return chunk;
    const words = this.#wordsOf(chunk, this.#usualMsPerCharacter());
    const endMs = chunk.endSample / this.#samplesPerMs + roundingMs;
    const cutAt = words.findIndex((word) => word.endMs > endMs);
    chunk.said = [...chunk.said, ...(cutAt < 0 ? words : words.slice(0, cutAt))];
    chunk.told = null;
    chunk.startSample = null;
    chunk.isCut = true;
    return chunk;
  }

  /** The words that the present voice says of a chunk: as it told them if they are those of the text, else by their length. */
  #wordsOf(chunk: Chunk, msPerCharacter: number): readonly TimedWord[] {
    const expected = chunk.words.slice(chunk.said.length);
    const { told } = chunk;
    if (told?.every(({ text }, index) => text === expected[index]?.text)) return told;
    return this.#spread(expected, (chunk.startSample ?? this.#samples) / this.#samplesPerMs, msPerCharacter);
  }

  #guessFromHere(chunk: Chunk): readonly TimedWord[] {
    const rest = chunk.words.slice(chunk.said.length);
    return this.#spread(rest, this.#samples / this.#samplesPerMs, this.#usualMsPerCharacter());
  }

  #spread(words: Chunk['words'], startMs: number, msPerCharacter: number): readonly TimedWord[] {
    const from = words[0]?.start ?? 0;
    return words.map(({ text, start, end }) => ({
      text,
      startMs: startMs + (start - from) * msPerCharacter,
      endMs: startMs + (end - from) * msPerCharacter,
    }));
  }

  #msPerCharacterOf(chunk: Chunk): number {
    const { startSample, endSample } = chunk;
    return startSample === null
      ? this.#usualMsPerCharacter()
      : (endSample - startSample) / this.#samplesPerMs / Math.max(1, restOf(chunk).length);
  }

  #usualMsPerCharacter(): number {
    if (this.#measuredCharacters === 0) return usualMsPerCharacter;
    return this.#measuredSamples / this.#samplesPerMs / this.#measuredCharacters;
  }
}

/** Whether there is anything to say in it. */
export function isSpeakable(text: string): boolean {
  return /[\p{L}\p{N}]/u.test(text);
}

/** What the present voice says of a chunk. */
function restOf({ text, words, said }: Chunk): string {
  return said.length === 0 ? text : text.slice(words[said.length]?.start ?? text.length);
}

function moved({ text, startMs, endMs }: TimedWord, byMs: number): TimedWord {
  return { text, startMs: startMs + byMs, endMs: endMs + byMs };
}
