import { isAudible } from '../../audio/level.js';

/** Only blocks this loud count: speech on the phone seldom is, misread bytes are. */
const loudDbfs = -14;
/** As much loud audio decides. */
const neededSec = 0.3;
/** Of a voice, however loud, few samples are near full scale; of misread bytes a quarter and more are. */
const extreme = 24_000;
const extremeShare = 0.15;

/**
 * Tells speech from bytes that were decoded as something they are not. Mu-law writes near silence as 0x7F and 0xFF and
 * linear PCM as 0x00 and 0xFF: read as the other, one of the two is full scale.
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

  /** The audio so far cannot be what it was declared to be. */
  get isMisread(): boolean {
    return this.#samples >= this.#neededSamples && this.#extremes > extremeShare * this.#samples;
  }
}
