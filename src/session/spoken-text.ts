/**
 * Which words of an answer lie where in its audio: what was heard of it, and where the word that was cut begins.
 * Positions are samples of the answer's audio, from its first one.
 */
import type { TimedWord } from '../audio/timed-word.js';

interface Chunk {
  readonly text: string;
  startSample: number | null;
  endSample: number;
  complete: boolean;
  words: readonly TimedWord[] | null;
}

/** How fast speech goes where only the text is known: about 15 characters a second. */
const msPerCharacter = 66;

export class SpokenText {
  readonly #chunks: Chunk[] = [];
  readonly #sampleRateHz: number;
  #samples = 0;

  constructor(sampleRateHz: number) {
    this.#sampleRateHz = sampleRateHz;
  }

  /** Audio so far, in samples. */
  get samples(): number {
    return this.#samples;
  }

  /** All text, heard or not. */
  get text(): string {
    return tidy(this.#chunks.map((chunk) => chunk.text).join(''));
  }

  addText(text: string): void {
    this.#chunks.push({ text, startSample: null, endSample: 0, complete: false, words: null });
  }

  addAudio(chunkIndex: number, samples: number): void {
    // Audio comes in the order of the text, so everything before this chunk has been given.
    for (let before = chunkIndex - 1; this.#chunks[before]?.complete === false; before--) {
      this.completeChunk(before);
    }
    const chunk = this.#chunks[chunkIndex];
    if (chunk) {
      chunk.startSample ??= this.#samples;
      chunk.endSample = this.#samples + samples;
    }
    this.#samples += samples;
  }

  setWords(chunkIndex: number, words: readonly TimedWord[]): void {
    const chunk = this.#chunks[chunkIndex];
    if (chunk) chunk.words = words;
  }

  completeChunk(chunkIndex: number): void {
    const chunk = this.#chunks[chunkIndex];
    if (!chunk) return;
    chunk.complete = true;
    // A chunk that gave no sound lies between its neighbours; it must not keep the words behind it from being heard.
    if (chunk.startSample === null) chunk.startSample = chunk.endSample = this.#samples;
  }

  /** The words that had ended when `heardSamples` of the audio had been heard. */
  heardText(heardSamples: number): string {
    let heard = '';
    for (const chunk of this.#chunks) {
      if (chunk.startSample === null || heardSamples <= chunk.startSample) break;
      if (chunk.complete && heardSamples >= chunk.endSample) {
        heard += chunk.text;
        continue;
      }
      const ended = this.#wordsOf(chunk).filter((word) => word.endSample <= heardSamples);
      heard += ended.map((word) => `${word.text} `).join('');
      break;
    }
    return tidy(heard);
  }

  /** Where the word begins that lies at `sample`; in a gap between words, `sample` itself. */
  wordStart(sample: number): number {
    for (const chunk of this.#chunks) {
      if (chunk.startSample === null || sample < chunk.startSample || sample >= chunk.endSample) continue;
      const cut = this.#wordsOf(chunk).find((word) => word.startSample < sample && sample < word.endSample);
      return cut ? Math.max(chunk.startSample, cut.startSample) : sample;
    }
    return sample;
  }

  #wordsOf(chunk: Chunk): { text: string; startSample: number; endSample: number }[] {
    if (chunk.words) {
      return chunk.words.map(({ text, startMs, endMs }) => ({
        text,
        startSample: Math.round((startMs / 1000) * this.#sampleRateHz),
        endSample: Math.round((endMs / 1000) * this.#sampleRateHz),
      }));
    }
    return this.#proportional(chunk);
  }

  /** Words spread over the chunk's audio by their length. */
  #proportional(chunk: Chunk): { text: string; startSample: number; endSample: number }[] {
    const start = chunk.startSample ?? 0;
    const known = chunk.endSample - start;
    const guessed = ((chunk.text.length * msPerCharacter) / 1000) * this.#sampleRateHz;
    const length = chunk.complete ? known : Math.max(known, guessed);
    const perCharacter = length / Math.max(1, chunk.text.length);
    return [...chunk.text.matchAll(/\S+/g)].map((match) => ({
      text: match[0],
      startSample: Math.round(start + match.index * perCharacter),
      endSample: Math.round(start + (match.index + match[0].length) * perCharacter),
    }));
  }
}

function tidy(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
