import type { Clock, Timer } from '../../core/clock.js';

/** One timer that is set after every message, mostly for the same time: then it is left as it is. */
export class DueTimer {
  readonly #clock: Clock;
  readonly #onDue: (dueMs: number) => void;
  #timer: Timer | null = null;
  #dueMs = Infinity;

  /** `onDue` gets the time for which the timer was set. */
  constructor(clock: Clock, onDue: (dueMs: number) => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** Fires at `dueMs` on the clock, and not before; Infinity for never. */
  set(dueMs: number): void {
    if (dueMs === this.#dueMs) return;
    this.cancel();
    if (dueMs === Infinity) return;
    this.#dueMs = dueMs;
    this.#timer = this.#clock.setTimer(dueMs - this.#clock.nowMs(), () => {
      this.cancel();
      this.#onDue(dueMs);
    });
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#dueMs = Infinity;
  }
}
