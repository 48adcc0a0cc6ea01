import type { Clock } from '../../core/clock.js';

/** A token bucket: limits how often something may happen, with a burst of `most` and a rate of `perSecond`. */
export class Budget {
  readonly #clock: Clock;
  readonly #most: number;
  readonly #perSecond: number;
  #left: number;
  #atMs: number;

  constructor(clock: Clock, most: number, perSecond: number) {
    this.#clock = clock;
    this.#most = most;
    this.#perSecond = perSecond;
    this.#left = most;
    this.#atMs = clock.nowMs();
  }

  /** Takes one token; false if none is left. */
  spend(): boolean {
    const nowMs = this.#clock.nowMs();
    this.#left = Math.min(this.#most, this.#left + ((nowMs - this.#atMs) / 1000) * this.#perSecond);
    this.#atMs = nowMs;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
