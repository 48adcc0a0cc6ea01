/**
 * What a speech stream still has to say, when several voices in turn may have to say it. Pure: counts audio and words, so that a new
 * voice continues where the one before it stopped, and chunks and times stay those of one stream.
 */
import type { TimedWord } from '../../audio/timed-word.js';

interface Chunk {
  readonly text: string;
  readonly words: readonly { readonly text: string; readonly start: number; readonly end: number }[];
  /** Words that earlier voices said, with their times. */
  said: readonly TimedWord[];
  /** The times of the words after those, as far as the current voice has told them; null where it has not. */
  told: readonly TimedWord[] | null;
  /** Where the current voice's audio of it begins, in samples of the whole stream; null before the first. */
  startSample: number | null;
  endSample: number;
  /** A voice has failed in the middle of it. */
  isCut: boolean;
  done: boolean;
}

/** What is left when a voice has failed. */
export interface Remainder {
  /** Chunks of which nothing is left to say, but which have not been reported as done. */
  readonly finished: readonly number[];
  /** The chunk that was cut, with all of its words: their times are known or estimated. */
  readonly cut: { readonly chunk: number; readonly words: readonly TimedWord[] } | null;
}

/** The pace of a voice that has not been measured: about 15 characters a second. */
const usualMsPerCharacter = 66;
/** Times are rounded: a word may seem to end this long after its audio. */
const roundingMs = 0.5;

export class PendingSpeech {
  readonly #chunks: Chunk[] = [];
  readonly #samplesPerMs: number;
  #samples = 0;
  /** The current voice's first chunk, and where its audio begins. */
  #first = 0;
  #firstSample = 0;
  /** The last chunk that has audio or is done. */
  #current = -1;
  #lastSpeakable = -1;
  /** Measured over chunks that one voice spoke from end to end. */
  #measuredSamples = 0;
  #measuredCharacters = 0;

  constructor(sampleRateHz: number) {
    this.#samplesPerMs = sampleRateHz / 1000;
  }

  /** Whether audio must still come: not for the last chunk that has some, which may be complete already. */
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

  /** What a new voice should say, in order. Its chunk 0 is the first that is not done. */
  begin(): readonly string[] {
    this.#first = this.#chunks.findIndex(({ done }) => !done);
    if (this.#first < 0) this.#first = this.#chunks.length;
    this.#firstSample = this.#samples;
    this.#current = this.#first - 1;
    return this.#chunks.slice(this.#first).map(restOf);
  }

  /** The index in the whole stream of one of the current voice's chunks. */
  numberOf(chunk: number): number {
    return this.#first + chunk;
  }

  /** Counts audio of one of the current voice's chunks. */
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

  /** Takes the word times of one of the current voice's chunks. Gives those of the whole chunk, from the stream's first sample. */
  align(ownChunk: number, words: readonly TimedWord[]): readonly TimedWord[] {
    const chunk = this.#chunks[this.numberOf(ownChunk)];
    if (!chunk) return words;
    const offsetMs = this.#firstSample / this.#samplesPerMs;
    chunk.told = offsetMs === 0 ? words : words.map((word) => moved(word, offsetMs));
    return chunk.isCut ? [...chunk.said, ...chunk.told] : chunk.told;
  }

  /**
   * The current voice has said all of a chunk. Gives the words of a chunk that several voices said, with estimated times where none
   * were told. Null for other chunks: their words arrive as alignments, if they are known.
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

  /** The voice has said everything. Gives the chunks that it did not report as done. */
  finishAll(): readonly number[] {
    const finished = [...this.#chunks.keys()].filter((index) => !this.#chunks[index]?.done);
    for (const chunk of this.#chunks) chunk.done = true;
    return finished;
  }

  /** The voice has failed: what it said completely is not said again. */
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
      // Audio comes in order: nothing of the later chunks was said.
      if (!chunk.done) break;
    }
    return { finished, cut };
  }

  /** Moves the words that were said completely to those that are not said again. */
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

  /** The words that the current voice says of a chunk: with the times that it told if they match the text, else by their length. */
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

/** Whether it contains anything to say. */
export function isSpeakable(text: string): boolean {
  return /[\p{L}\p{N}]/u.test(text);
}

/** The part of a chunk that the current voice says. */
function restOf({ text, words, said }: Chunk): string {
  return said.length === 0 ? text : text.slice(words[said.length]?.start ?? text.length);
}

function moved({ text, startMs, endMs }: TimedWord, byMs: number): TimedWord {
  return { text, startMs: startMs + byMs, endMs: endMs + byMs };
}
