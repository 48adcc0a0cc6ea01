import { isAudible } from '../../audio/level.js';

/** Only blocks this loud count: misread bytes are this loud, phone speech rarely is. */
const loudDbfs = -14;
/** Loud audio needed for a decision. */
const neededSec = 0.3;
/** Few samples of a voice reach this level, even of a loud one; a quarter or more of misread bytes do. */
const extreme = 24_000;
const extremeShare = 0.15;

/**
 * Detects audio that was decoded in the wrong encoding. Mu-law writes near silence as 0x7F and 0xFF, linear PCM as 0x00 and
 * 0xFF: read as the other encoding, one of the two is full scale.
 */
export class EncodingCheck {
  readonly #neededSamples: number;
  #samples = 0;
  #extremes = 0;

  constructor(sampleRateHz: number) {
    this.#neededSamples = neededSec * sampleRateHz;
  }

  push(samples: Int16Array): void {
    if (!isAudible(samples, loudDbfs)) return;
    this.#samples += samples.length;
    for (const sample of samples) if (Math.abs(sample) > extreme) this.#extremes++;
  }

  /** Whether the audio so far contradicts its declared encoding. */
  get isMisread(): boolean {
    return this.#samples >= this.#neededSamples && this.#extremes > extremeShare * this.#samples;
  }
}
