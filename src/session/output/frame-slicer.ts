/** Cuts audio into frames of a fixed length. The rest waits for the next push. */
export class FrameSlicer {
  readonly #frame: Int16Array;
  #filled = 0;

  constructor(frameSamples: number) {
    this.#frame = new Int16Array(frameSamples);
  }

  /** Calls `onFrame` for each full frame. Its array is only valid during the call. */
  push(samples: Int16Array, onFrame: (frame: Int16Array) => void): void {
    const size = this.#frame.length;
    if (this.#filled === 0 && samples.length === size) {
      onFrame(samples);
      return;
    }
    for (let at = 0; at < samples.length;) {
      const take = Math.min(size - this.#filled, samples.length - at);
      this.#frame.set(samples.subarray(at, at + take), this.#filled);
      this.#filled += take;
      at += take;
      if (this.#filled === size) {
        onFrame(this.#frame);
        this.#filled = 0;
      }
    }
  }
}
