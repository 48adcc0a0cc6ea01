/**
 * Where sound begins and ends in a stream, sample by sample, above a noise floor that it learns. It is no speech detector:
 * two ends of a line run it on the same sound, so that what they heard can be matched and the time between them measured.
 */

/** Loudness is judged over blocks of this length. */
const blockMs = 5;
/** Below this no block is sound, however quiet the room: -46 dBFS. */
const quietest = 0.005;
/** A block is sound when it is this much louder than the noise floor: 12 dB. */
const aboveFloor = 4;
/** The floor falls to a quieter block at once and rises by this factor per block: about 3 dB a second. */
const floorRise = 1.00173;

export interface SoundEdge {
  readonly type: 'begin' | 'end';
  /** Index of the first audible sample, or just past the last one, counted from the first sample ever pushed. */
  readonly position: number;
}

export interface SoundEdgesOptions {
  readonly sampleRateHz: number;
  /** Silence that ends a sound, and that must precede the beginning of the next. */
  readonly endsAfterMs: number;
  /** What full scale is in the samples: 1 for the web's floats, 32768 for 16-bit. @default 32768 */
  readonly fullScale?: number;
}

export class SoundEdges {
  readonly #blockSamples: number;
  readonly #endsAfterSamples: number;
  readonly #fullScale: number;
  #floor = quietest;
  #position = 0;
  #inBlock = 0;
  #energy = 0;
  /** Of the current block: first and last sample to reach the threshold. */
  #first = -1;
  #last = -1;
  #sounding = false;
  /** Just past the last audible sample of all. */
  #lastAudible = -Infinity;

  constructor({ sampleRateHz, endsAfterMs, fullScale = 32_768 }: SoundEdgesOptions) {
    this.#blockSamples = Math.max(1, Math.round((sampleRateHz * blockMs) / 1000));
    this.#endsAfterSamples = Math.round((sampleRateHz * endsAfterMs) / 1000);
    this.#fullScale = fullScale;
  }

  /** Samples pushed so far. */
  get position(): number {
    return this.#position;
  }

  /** Takes the next samples; tells every edge that they make certain, in order. */
  push(samples: ArrayLike<number>, onEdge: (edge: SoundEdge) => void): void {
    let threshold = this.#threshold();
    for (let i = 0; i < samples.length; i++) {
      const level = Math.abs(samples[i] ?? 0) / this.#fullScale;
      this.#energy += level * level;
      if (level >= threshold) {
        if (this.#first < 0) this.#first = this.#position;
        this.#last = this.#position;
      }
      this.#position++;
      this.#inBlock++;
      if (this.#inBlock < this.#blockSamples) continue;
      this.#endBlock(onEdge);
      threshold = this.#threshold();
    }
  }

  #endBlock(onEdge: (edge: SoundEdge) => void): void {
    const rms = Math.sqrt(this.#energy / this.#blockSamples);
    if (rms >= this.#threshold()) {
      const first = this.#first < 0 ? this.#position - this.#blockSamples : this.#first;
      if (!this.#sounding) {
        this.#sounding = true;
        onEdge({ type: 'begin', position: first });
      }
      this.#lastAudible = this.#last < 0 ? this.#position : this.#last + 1;
    } else if (this.#sounding && this.#position - this.#lastAudible >= this.#endsAfterSamples) {
      this.#sounding = false;
      onEdge({ type: 'end', position: this.#lastAudible });
    }
    this.#floor = Math.max(quietest / aboveFloor, Math.min(rms, this.#floor * floorRise));
    this.#energy = 0;
    this.#inBlock = 0;
    this.#first = -1;
    this.#last = -1;
  }

  #threshold(): number {
    return Math.max(quietest, this.#floor * aboveFloor);
  }
}
