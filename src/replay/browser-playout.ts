/**
 * When a browser plays what it receives: audio waits in a jitter buffer for a fixed time, then plays in order and in real
 * time. Where the buffer has run dry, the next audio waits again.
 *
 * Pure: time comes in as a position on the call's timeline, in samples, which never goes back.
 */
export class BrowserPlayout {
  readonly #delaySamples: number;
  /** The stretch of the timeline that plays without a gap: where it began, and where it will end. */
  #startSamples = 0;
  #endSamples = 0;
  /** Samples of the stretches before. */
  #earlierSamples = 0;

  /** `delaySamples`: how long the first audio waits, so that later audio may be late by as much. */
  constructor(delaySamples: number) {
    this.#delaySamples = delaySamples;
  }

  /** Audio arrived. Returns the position at which it begins to play. */
  push(samples: number, nowSamples: number): number {
    if (this.#endSamples <= nowSamples) {
      this.#earlierSamples += this.#endSamples - this.#startSamples;
      this.#startSamples = nowSamples + this.#delaySamples;
      this.#endSamples = this.#startSamples;
    }
    const startSamples = this.#endSamples;
    this.#endSamples += samples;
    return startSamples;
  }

  /** Samples that wait or play. */
  queuedSamples(nowSamples: number): number {
    return this.#earlierSamples + this.#endSamples - this.#startSamples - this.heardSamples(nowSamples);
  }

  /** Samples that were played. */
  heardSamples(nowSamples: number): number {
    const position = Math.min(Math.max(nowSamples, this.#startSamples), this.#endSamples);
    return this.#earlierSamples + position - this.#startSamples;
  }
}
