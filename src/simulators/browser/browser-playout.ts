/**
 * When a browser plays received audio: audio waits in a jitter buffer for a fixed time, then plays in order and in real
 * time. After the buffer has run dry, the next audio waits again.
 *
 * Pure: time comes in as a position on the call's timeline, in samples, which never goes back.
 */
export class BrowserPlayout {
  readonly #delaySamples: number;
  /** The current run, which plays without a gap: its begin and its end so far, on the timeline. */
  #startSamples = 0;
  #endSamples = 0;
  /** Samples of the earlier runs. */
  #earlierSamples = 0;

  /** `delaySamples`: how long the first audio of a run waits; later audio may be late by as much. */
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

  /** Samples that are waiting or playing. */
  queuedSamples(nowSamples: number): number {
    return this.#earlierSamples + this.#endSamples - this.#startSamples - this.heardSamples(nowSamples);
  }

  /** Samples that were played. */
  heardSamples(nowSamples: number): number {
    const position = Math.min(Math.max(nowSamples, this.#startSamples), this.#endSamples);
    return this.#earlierSamples + position - this.#startSamples;
  }
}
