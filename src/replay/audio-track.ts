/** The initial capacity of a track in samples: ten seconds at a phone's rate. */
const firstRoom = 80_000;

/** One side of a recorded call: samples on a timeline, silent where nothing was written. */
export class AudioTrack {
  #samples = new Int16Array(0);
  #length = 0;

  /** The number of samples up to the last one written. */
  get length(): number {
    return this.#length;
  }

  /** Writes samples from position `at` on, overwriting existing ones. */
  write(at: number, samples: Int16Array): void {
    const end = at + samples.length;
    if (end > this.#samples.length) this.#grow(end);
    this.#samples.set(samples, at);
    this.#length = Math.max(this.#length, end);
  }

  /** The samples from `start` to `end`, exclusive, sharing the track's memory: valid until the next write. */
  read(start: number, end: number): Int16Array {
    if (end > this.#samples.length) this.#grow(end);
    return this.#samples.subarray(start, end);
  }

  /** Silences everything from position `at` on. */
  cut(at: number): void {
    if (at >= this.#length) return;
    this.#samples.fill(0, at, this.#length);
    this.#length = at;
  }

  /** A copy of the first `length` samples. */
  samples(length: number): Int16Array {
    return this.read(0, length).slice();
  }

  #grow(needed: number): void {
    const grown = new Int16Array(Math.max(needed, 2 * this.#samples.length, firstRoom));
    grown.set(this.#samples);
    this.#samples = grown;
  }
}
