/**
 * Maps an answer's words to its audio: which text was heard, and where the word at a cut begins. Heard text is the
 * written text, which may differ from the spoken text. Positions are samples from the start of the answer's audio.
 */
import type { TimedWord } from '../audio/timed-word.js';
import type { SpeakableText } from './speakable-text.js';
import { kindOf, widthOf, wordSpans } from './text-characters.js';
import { placeWords } from './word-times.js';

interface Chunk {
  readonly text: SpeakableText;
  /** Written text before it that is not spoken. */
  readonly silentBefore: string;
  startSample: number | null;
  endSample: number;
  complete: boolean;
  /** The voice stopped in or before this chunk: only text with audio was said. */
  cut: boolean;
  words: readonly TimedWord[] | null;
  /** Whether the word times come from the voice. */
  origin: 'measured' | 'estimated';
}

/** A spoken word: its end in the spoken text and its place in the audio. */
interface PlacedWord {
  readonly end: number;
  readonly startSample: number;
  readonly endSample: number;
}

/** Assumed pace of speech if only the text is known: about 15 letters a second. */
const msPerLetter = 66;

export class SpokenText {
  readonly #chunks: Chunk[] = [];
  readonly #sampleRateHz: number;
  #samples = 0;
  /** Samples of voices that stopped early. */
  #samplesBefore = 0;
  #silent = '';

  constructor(sampleRateHz: number) {
    this.#sampleRateHz = sampleRateHz;
  }

  /** Audio so far, in samples. */
  get samples(): number {
    return this.#samples;
  }

  /** All text, heard or not; empty if none of it is spoken. */
  get text(): string {
    if (this.#chunks.length === 0) return '';
    const chunks = this.#chunks.map(({ silentBefore, text }) => silentBefore + text.written);
    return tidy(chunks.join('') + this.#silent);
  }

  /** The text that the current voice was given, and the number of samples it returned. */
  lastVoice(): { readonly chunks: string; readonly samples: number } {
    const chunks = this.#chunks.slice(this.#chunks.findLastIndex(({ cut }) => cut) + 1);
    return {
      chunks: tidy(chunks.map(({ text }) => text.written).join('')),
      samples: this.#samples - this.#samplesBefore,
    };
  }

  /** Adds the next chunk that goes to the voice. */
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
      origin: 'estimated',
    });
  }

  /** Adds written text that is not spoken, such as a rule or an emoji. It gets no chunk index. */
  addSilentText(written: string): void {
    this.#silent += written;
  }

  addAudio(chunkIndex: number, samples: number): void {
    // Audio arrives in text order, so the chunks before this one are complete.
    for (let before = chunkIndex - 1; this.#isOpen(before); before--) this.completeChunk(before);
    const chunk = this.#chunks[chunkIndex];
    if (chunk) {
      chunk.startSample ??= this.#samples;
      chunk.endSample = this.#samples + samples;
    }
    this.#samples += samples;
  }

  setWords(
    chunkIndex: number,
    words: readonly TimedWord[],
    origin: 'measured' | 'estimated' = 'measured',
  ): void {
    const chunk = this.#chunks[chunkIndex];
    if (!chunk) return;
    chunk.words = words;
    chunk.origin = origin;
  }

  completeChunk(chunkIndex: number): void {
    const chunk = this.#chunks[chunkIndex];
    if (!chunk) return;
    chunk.complete = true;
    // Place a chunk without audio between its neighbours, so that later words still count as heard.
    if (chunk.startSample === null) chunk.startSample = chunk.endSample = this.#samples;
  }

  /** The voice stopped early: it will say no more of the chunks so far. */
  breakOff(): void {
    for (const chunk of this.#chunks) chunk.cut ||= !chunk.complete;
    this.#samplesBefore = this.#samples;
  }

  /** The words that end within the first `heardSamples` of the audio. */
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
      // Text after a voice that stopped early begins with a new word.
      if (heard !== '') heard += ' ';
    }
    return tidy(heard === '' ? '' : heard + this.#silent);
  }

  /**
   * Whether {@link heardText} at `heardSamples` is measured; `estimated` within a chunk without word times from the
   * voice.
   */
  heardOrigin(heardSamples: number): 'measured' | 'estimated' {
    for (const { startSample, endSample, complete, origin } of this.#chunks) {
      if (startSample === null || heardSamples <= startSample) continue;
      if (complete && heardSamples >= endSample) continue;
      if (origin === 'estimated') return origin;
    }
    return 'measured';
  }

  /** Start of the word at `sample`; in a gap between words, `sample` itself. */
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

  /** Spreads the words over the chunk's audio by their length. */
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
