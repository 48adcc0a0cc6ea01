/** Lowers the rate of one stream by a whole factor, for the ears of a network: a low-pass filter of few taps. */

/** Taps for each step of the factor. */
const tapsPerStep = 16;
/** The filter passes this share of the new band. */
const passed = 0.92;

export class Decimator {
  readonly #factor: number;
  readonly #taps: Float32Array;
  /** The latest samples, twice in a row, so that a window of them is always in one piece. */
  readonly #delay: Float32Array;
  #at = 0;
  #phase = 0;

  /** `factor` 1 passes everything unchanged. */
  constructor(factor: number) {
    this.#factor = factor;
    this.#taps = lowPass(factor);
    this.#delay = new Float32Array(2 * this.#taps.length);
  }

  /** Takes the next sample, of 16 bits. Returns a sample of the lower rate, from -1 to 1, or null between two of them. */
  push(value: number): number | null {
    const length = this.#taps.length;
    this.#delay[this.#at] = this.#delay[this.#at + length] = value / 32768;
    this.#at = (this.#at + 1) % length;
    this.#phase = (this.#phase + 1) % this.#factor;
    return this.#phase === 0 ? this.#filtered() : null;
  }

  #filtered(): number {
    let sum = 0;
    for (let i = 0; i < this.#taps.length; i++)
      sum += (this.#taps[i] ?? 0) * (this.#delay[this.#at + i] ?? 0);
    return sum;
  }
}

/** A sinc in a Hann window; its sum is 1. */
function lowPass(factor: number): Float32Array {
  if (factor === 1) return Float32Array.of(1);
  const length = tapsPerStep * factor + 1;
  const taps = Float32Array.from({ length }, (_, i) => {
    const x = (Math.PI * passed * (i - (length - 1) / 2)) / factor;
    const hann = 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 1)) / (length + 1));
    return (x === 0 ? 1 : Math.sin(x) / x) * hann;
  });
  const sum = taps.reduce((total, tap) => total + tap, 0);
  return taps.map((tap) => tap / sum);
}
