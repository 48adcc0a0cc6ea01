/** Samples in one slab: a second of telephone audio. */
const slabSamples = 8000;

/**
 * Gives arrays for short frames that are cut from one larger array: an own array for each of 50 frames a second takes
 * several times as long to make, and to collect.
 */
export class SampleSlab {
  #slab = new Int16Array(slabSamples);
  #used = 0;

  /** An array of this length that no one else has. It may contain anything. */
  take(length: number): Int16Array<ArrayBuffer> {
    if (length > slabSamples / 4) return new Int16Array(length);
    if (this.#used + length > slabSamples) {
      this.#slab = new Int16Array(slabSamples);
      this.#used = 0;
    }
    const from = this.#used;
    this.#used += length;
    return this.#slab.subarray(from, this.#used);
  }
}
