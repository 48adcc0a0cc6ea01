/** Makes samples from one text's bytes as they arrive: a piece may end in the middle of a sample. */
export class PcmSamples {
  /** The first byte of a sample whose second byte is in the next piece. */
  #half: number | null = null;

  /** The whole samples up to the end of this piece; may be none. */
  push(bytes: Uint8Array): Int16Array {
    const whole = this.#half === null ? bytes : Buffer.concat([Uint8Array.of(this.#half), bytes]);
    const count = whole.length >> 1;
    this.#half = whole.length % 2 === 1 ? (whole.at(-1) ?? null) : null;
    const samples = new Int16Array(count);
    const view = new DataView(whole.buffer, whole.byteOffset, whole.byteLength);
    for (let index = 0; index < count; index++) samples[index] = view.getInt16(index * 2, true);
    return samples;
  }
}
