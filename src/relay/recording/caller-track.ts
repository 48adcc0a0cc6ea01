/** The caller's side of a recorded call: frames on a time line, placed by their time of arrival. */

/** A frame that is late by no more than this counts as on time: every network has jitter. */
const jitterMs = 60;

/** A part of the time line that was not read yet; `samples` is null where nothing arrived. */
interface Stretch {
  samples: Int16Array | null;
  length: number;
}

/**
 * Frames are joined without gaps, so that speech stays whole. Only where nothing arrived for longer than the jitter is there
 * silence. A network stall looks like silence until the delayed frames arrive all at once; the silence is then removed, as
 * far as it was not read. Positions count samples since the start of the call.
 *
 * Pure: time comes in as data. Keeps frames without a copy.
 */
export class CallerTrack {
  readonly #samplesPerMs: number;
  #stretches: Stretch[] = [];
  /** The latest silence, which may turn out to be a stall. */
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

  /** The time line from the end of the previous read to `until`, exclusive; silent where nothing arrived. */
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
