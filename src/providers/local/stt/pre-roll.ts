/** Keeps the latest audio, because speech is detected only some time after it has begun. */
export class PreRoll {
  readonly #maxSamples: number;
  #frames: Int16Array[] = [];
  #samples = 0;

  /** Keeps at least the last `maxSamples`, in whole frames. */
  constructor(maxSamples: number) {
    this.#maxSamples = maxSamples;
  }

  push(samples: Int16Array): void {
    this.#frames.push(samples);
    this.#samples += samples.length;
    for (let oldest = this.#frames[0]; oldest; oldest = this.#frames[0]) {
      if (this.#samples - oldest.length < this.#maxSamples) break;
      this.#frames.shift();
      this.#samples -= oldest.length;
    }
  }

  /** Returns the kept frames, oldest first, and forgets them. */
  take(): readonly Int16Array[] {
    const frames = this.#frames;
    this.#frames = [];
    this.#samples = 0;
    return frames;
  }
}
