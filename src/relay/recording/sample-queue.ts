/** One channel's samples, in order, that wait for those of the other channel. */
export class SampleQueue {
  #pieces: Int16Array[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Adds samples without a copy. */
  push(samples: Int16Array): void {
    if (samples.length === 0) return;
    this.#pieces.push(samples);
    this.#length += samples.length;
  }

  /** Takes up to `count` samples and writes them to every `step`-th element of `into`, from `offset` on. */
  takeInto(into: Int16Array, count: number, offset: number, step: number): void {
    for (let at = 0; at < count;) {
      const piece = this.#pieces[0];
      if (!piece) return;
      const taken = Math.min(piece.length, count - at);
      for (let i = 0; i < taken; i++) into[offset + (at + i) * step] = piece[i] ?? 0;
      if (taken === piece.length) this.#pieces.shift();
      else this.#pieces[0] = piece.subarray(taken);
      this.#length -= taken;
      at += taken;
    }
  }
}
