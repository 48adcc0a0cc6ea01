/**
 * Finds where sound begins and ends in a stream, to the sample, above a learned noise floor. It is no speech detector:
 * both ends of a line run it on the same sound to match the edges and measure the delay between them.
 */

/** Level is measured over blocks of this length. */
const blockMs = 5;
/** A quieter block is never sound: -46 dBFS. */
const quietest = 0.005;
/** A block is sound if it exceeds the noise floor by this factor: 12 dB. */
const aboveFloor = 4;
/** The floor falls to a quieter block at once and rises by at most this factor per block: about 3 dB a second. */
const floorRise = 1.00173;

export interface SoundEdge {
  readonly type: 'begin' | 'end';
  /** Index of the first audible sample, or after the last one, counted from the first sample pushed. */
  readonly position: number;
}

export interface SoundEdgesOptions {
  readonly sampleRateHz: number;
  /** A silence of this length ends a sound. */
  readonly endsAfterMs: number;
  /** Full scale of the samples: 1 for the web's floats, 32768 for 16-bit. @default 32768 */
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
  /** First and last sample of the current block that reach the threshold. */
  #first = -1;
  #last = -1;
  #sounding = false;
  /** Index after the last audible sample. */
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

  /** Takes the next samples and reports the edges that they confirm, in order. */
  push(samples: ArrayLike<number>, onEdge: (edge: SoundEdge) => void): void {
    for (let at = 0; at < samples.length;) {
      const end = Math.min(samples.length, at + this.#blockSamples - this.#inBlock);
      this.#measure(samples, at, end);
      at = end;
      if (this.#inBlock === this.#blockSamples) this.#endBlock(onEdge);
    }
  }

  /** Takes samples of the current block. Every sample of a call passes here, so the loop works on local variables. */
  #measure(samples: ArrayLike<number>, from: number, to: number): void {
    const threshold = this.#threshold();
    const fullScale = this.#fullScale;
    const offset = this.#position - from;
    let energy = this.#energy;
    let first = this.#first;
    let last = this.#last;
    for (let i = from; i < to; i++) {
      const level = Math.abs(samples[i] ?? 0) / fullScale;
      energy += level * level;
      if (level < threshold) continue;
      if (first < 0) first = offset + i;
      last = offset + i;
    }
    this.#energy = energy;
    this.#first = first;
    this.#last = last;
    this.#position += to - from;
    this.#inBlock += to - from;
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
