import { rmsDbfs } from '../../audio/level.js';

/** The level that meters show for silence. */
export const silenceDbfs = -100;

const windowMs = 50;

/** Levels along a stretch of audio, in windows of 50 ms. */
export class VoiceLevel {
  readonly #window: Int16Array;
  readonly #levels: number[] = [];
  #filled = 0;

  constructor(sampleRateHz: number) {
    this.#window = new Int16Array((sampleRateHz * windowMs) / 1000);
  }

  /** Adds audio at the end. */
  add(samples: Int16Array): void {
    for (let at = 0; at < samples.length;) {
      const part = samples.subarray(at, at + this.#window.length - this.#filled);
      this.#window.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled < this.#window.length) return;
      this.#levels.push(Math.max(silenceDbfs, rmsDbfs(this.#window)));
      this.#filled = 0;
    }
  }

  /** The level at a sample, in dBFS; `silenceDbfs` outside the audio. */
  at(sample: number): number {
    return this.#levels[Math.floor(sample / this.#window.length)] ?? silenceDbfs;
  }
}
