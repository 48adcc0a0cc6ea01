import type { Clock } from '../../clock.js';

/** Audio that comes at another pace than this, second per second, was declared at a wrong rate. */
const paces = { slowest: 0.7, fastest: 1.4 };
/** Audio that comes without a gap for this long is live. */
const neededMs = 2000;
/** As many such stretches in a row: a connection that takes over from another begins with what that one left unfinished. */
const neededStretches = 2;
const gapMs = 200;

/** Holds live audio against the clock: sampled at twice the declared rate, it comes twice as fast as it plays. */
export class PaceCheck {
  readonly #clock: Clock;
  #startMs: number | null = null;
  #latestMs = 0;
  #audioMs = 0;
  #strangeStretches = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes audio as it arrives; false where the pace of the last seconds cannot be that of a call. */
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
