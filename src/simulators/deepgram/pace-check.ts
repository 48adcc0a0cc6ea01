import type { Clock } from '../../core/clock.js';

/** Limits of audio seconds per second; outside them, the declared rate is wrong. */
const paces = { slowest: 0.7, fastest: 1.4 };
/** Audio without a gap for this long counts as live. */
const neededMs = 2000;
/** Number of such stretches in a row, because a successor connection begins with a backlog. */
const neededStretches = 2;
const gapMs = 200;

/** Compares live audio with the clock: audio at twice the declared rate arrives twice as fast as it plays. */
export class PaceCheck {
  readonly #clock: Clock;
  #startMs: number | null = null;
  #latestMs = 0;
  #audioMs = 0;
  #strangeStretches = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes audio as it arrives. Returns false if the pace of the last seconds cannot be that of a call. */
  push(durationMs: number): boolean {
    const nowMs = this.#clock.nowMs();
    if (this.#startMs === null || nowMs - this.#latestMs > gapMs) {
      this.#restart(nowMs);
      this.#strangeStretches = 0;
    } else this.#audioMs += durationMs;
    this.#latestMs = nowMs;
    const elapsedMs = nowMs - (this.#startMs ?? nowMs);
    if (elapsedMs < neededMs) return true;
    const pace = this.#audioMs / elapsedMs;
    this.#restart(nowMs);
    const isLive = pace >= paces.slowest && pace <= paces.fastest;
    this.#strangeStretches = isLive ? 0 : this.#strangeStretches + 1;
    return this.#strangeStretches < neededStretches;
  }

  #restart(nowMs: number): void {
    this.#startMs = nowMs;
    this.#audioMs = 0;
  }
}
