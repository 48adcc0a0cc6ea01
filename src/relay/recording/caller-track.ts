/** The caller's side of a recorded call: frames on a time line, by the time at which they arrived. */

/** A frame that is late by no more than this counts as on time: every network has its jitter. */
const jitterMs = 60;

/** Samples of a stretch that was not read yet; null: nothing came in that time. */
interface Stretch {
  samples: Int16Array | null;
  length: number;
}

/**
 * Frames follow each other without a trimmer, so that speech stays whole, unless nothing came for a while: then there is
 * silence. A stall of the network looks like that at first, until what it held back arrives all at once; the silence is
 * taken back then, as far as it was not read. Positions count samples since the start of the call.
 *
 * Pure: time comes in as data. Keeps frames without a copy.
 */
export class CallerTrack {
  readonly #samplesPerMs: number;
  #stretches: Stretch[] = [];
  /** The latest silence that still may turn out to be a stall. */
  #gap: Stretch | null = null;
  #read = 0;
  #end = 0;

  constructor(sampleRateHz: number) {
    this.#samplesPerMs = sampleRateHz / 1000;
  }

  /** A frame arrived, `atMs` after the start of the call. */
  push(samples: Int16Array, atMs: number): void {
    const late = Math.floor(atMs * this.#samplesPerMs) - samples.length - this.#end;
    if (late > jitterMs * this.#samplesPerMs) {
      this.#gap = { samples: null, length: late };
      this.#append(this.#gap);
    } else if (late < 0) {
      this.#shrinkGap(-late);
    }
    this.#append({ samples, length: samples.length });
  }

  /** The samples from where the last call stopped to position `until`, exclusive; silent where nothing came. */
  read(until: number): Int16Array {
    const read = new Int16Array(Math.max(0, until - this.#read));
    let filled = 0;
    for (let next = this.#stretches[0]; next && filled < read.length; next = this.#stretches[0]) {
      const count = Math.min(next.length, read.length - filled);
      if (next.samples) {
        read.set(next.samples.subarray(0, count), filled);
        next.samples = next.samples.subarray(count);
      }
      next.length -= count;
      filled += count;
      if (next.length === 0) this.#stretches.shift();
    }
    this.#read += read.length;
    this.#end = Math.max(this.#end, this.#read);
    return read;
  }

  #append(stretch: Stretch): void {
    this.#stretches.push(stretch);
    this.#end += stretch.length;
  }

  #shrinkGap(by: number): void {
    if (!this.#gap) return;
    const taken = Math.min(by, this.#gap.length);
    this.#gap.length -= taken;
    this.#end -= taken;
  }
}
