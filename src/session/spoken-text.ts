/**
 * Which words of an answer lie where in its audio: what was heard of it, and where the word that was cut begins. Heard
 * text is text as the model wrote it, though what the voice says of it may differ. Positions are samples of the answer's
 * audio, from its first one.
 */
import type { TimedWord } from '../audio/timed-word.js';
import type { SpeakableText } from './speakable-text.js';
import { kindOf, widthOf, wordSpans } from './text-characters.js';
import { placeWords } from './word-times.js';

interface Chunk {
  readonly text: SpeakableText;
  /** Written text before it that has nothing to say. */
  readonly silentBefore: string;
  startSample: number | null;
  endSample: number;
  complete: boolean;
  /** The voice broke off in it, or before it: only what had sound was said. */
  cut: boolean;
  words: readonly TimedWord[] | null;
}

/** A word of what is said: where it ends in that text, and where it lies in the audio. */
interface PlacedWord {
  readonly end: number;
  readonly startSample: number;
  readonly endSample: number;
}

/** How fast speech goes where only the text is known: about 15 letters a second. */
const msPerLetter = 66;

export class SpokenText {
  readonly #chunks: Chunk[] = [];
  readonly #sampleRateHz: number;
  #samples = 0;
  #silent = '';

  constructor(sampleRateHz: number) {
    this.#sampleRateHz = sampleRateHz;
  }

  /** Audio so far, in samples. */
  get samples(): number {
    return this.#samples;
  }

  /** All text, heard or not; empty if none of it is said. */
  get text(): string {
    if (this.#chunks.length === 0) return '';
    const chunks = this.#chunks.map(({ silentBefore, text }) => silentBefore + text.written);
    return tidy(chunks.join('') + this.#silent);
  }

  /** The next chunk that goes to the voice. */
  addText(text: SpeakableText): void {
    const silentBefore = this.#silent;
    this.#silent = '';
    this.#chunks.push({
      text,
      silentBefore,
      startSample: null,
      endSample: 0,
      complete: false,
      cut: false,
      words: null,
    });
  }

  /** Written text that does not go to the voice, since there is nothing to say: a ruled line, an emoji. It has no number. */
  addSilentText(written: string): void {
    this.#silent += written;
  }

  addAudio(chunkIndex: number, samples: number): void {
    // Audio comes in the order of the text, so everything before this chunk has been given.
    for (let before = chunkIndex - 1; this.#isOpen(before); before--) this.completeChunk(before);
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

  /** The voice has broken off: of the chunks so far nothing more will be said. */
  breakOff(): void {
    for (const chunk of this.#chunks) chunk.cut ||= !chunk.complete;
  }

  /** The words that had ended when `heardSamples` of the audio had been heard. */
  heardText(heardSamples: number): string {
    let heard = '';
    for (const chunk of this.#chunks) {
      const { startSample, endSample, cut } = chunk;
      if (cut && startSample === null) continue;
      if (startSample === null || heardSamples <= startSample) return tidy(heard);
      if (chunk.complete && heardSamples >= endSample) {
        heard += chunk.silentBefore + chunk.text.written;
        continue;
      }
      const untilSample = cut ? Math.min(heardSamples, endSample) : heardSamples;
      const last = this.#wordsOf(chunk).findLast((word) => word.endSample <= untilSample);
      const part = last ? chunk.text.writtenUpTo(last.end) : '';
      if (part.trim() !== '') heard += chunk.silentBefore + part;
      if (!cut || heardSamples < endSample) return tidy(heard);
    }
    return tidy(heard === '' ? '' : heard + this.#silent);
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

  #isOpen(chunkIndex: number): boolean {
    const chunk = this.#chunks[chunkIndex];
    return chunk !== undefined && !chunk.complete && !chunk.cut;
  }

  #wordsOf(chunk: Chunk): PlacedWord[] {
    const { spoken } = chunk.text;
    const spans = wordSpans(spoken);
    if (!chunk.words) return this.#proportional(chunk, spans);
    return placeWords(spoken, spans, chunk.words).map(({ startMs, endMs }, index) => ({
      end: spans[index]?.end ?? spoken.length,
      startSample: Math.round((startMs / 1000) * this.#sampleRateHz),
      endSample: Math.round((endMs / 1000) * this.#sampleRateHz),
    }));
  }

  /** Words spread over the chunk's audio by their length. */
  #proportional(chunk: Chunk, spans: readonly { start: number; end: number }[]): PlacedWord[] {
    const start = chunk.startSample ?? 0;
    const { spoken } = chunk.text;
    const known = chunk.endSample - start;
    const guessed = ((lettersIn(spoken) * msPerLetter) / 1000) * this.#sampleRateHz;
    const length = chunk.complete ? known : Math.max(known, guessed);
    const perCharacter = length / Math.max(1, spoken.length);
    return spans.map((span) => ({
      end: span.end,
      startSample: Math.round(start + span.start * perCharacter),
      endSample: Math.round(start + span.end * perCharacter),
    }));
  }
}

function lettersIn(text: string): number {
  let letters = 0;
  for (let index = 0; index < text.length; index++) letters += widthOf(kindOf(text.charCodeAt(index)));
  return letters;
}

function tidy(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
