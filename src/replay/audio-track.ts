import { decodeMulaw, mulawSilence } from '../audio/g711.js';

/** One side of a recorded call: mu-law on a timeline, silent where nothing was written. */
export class AudioTrack {
  #bytes = new Uint8Array(0);
  #length = 0;

  /** Samples up to the end of what was written. */
  get length(): number {
    return this.#length;
  }

  /** Writes mu-law bytes from sample `at` on, over what is there. */
  write(at: number, mulaw: Uint8Array): void {
    const end = at + mulaw.length;
    if (end > this.#bytes.length) this.#grow(end);
    this.#bytes.set(mulaw, at);
    this.#length = Math.max(this.#length, end);
  }

  /** The mu-law bytes from `start` to `end`, exclusive; valid until the next write. */
  read(start: number, end: number): Uint8Array {
    if (end > this.#bytes.length) this.#grow(end);
    return this.#bytes.subarray(start, end);
  }

  /** Silences everything from sample `at` on. */
  cut(at: number): void {
    if (at >= this.#length) return;
    this.#bytes.fill(mulawSilence, at, this.#length);
    this.#length = at;
  }

  /** The first `length` samples. */
  samples(length: number): Int16Array {
    return decodeMulaw(this.read(0, length));
  }

  #grow(needed: number): void {
    const grown = new Uint8Array(Math.max(needed, 2 * this.#bytes.length, 80_000)).fill(mulawSilence);
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}
