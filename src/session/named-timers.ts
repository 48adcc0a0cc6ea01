import type { Clock, Timer } from '../core/clock.js';

/** Timers by name, at most one for each name. Setting a timer again replaces it. */
export class NamedTimers<Name extends string> {
  readonly #clock: Clock;
  readonly #timers = new Map<Name, Timer>();
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `callback` after `delayMs`. No-op after {@link close}. */
  set(name: Name, delayMs: number, callback: () => void): void {
    this.cancel(name);
    if (this.#closed) return;
    const timer = this.#clock.setTimer(delayMs, () => {
      this.#timers.delete(name);
      callback();
    });
    this.#timers.set(name, timer);
  }

  cancel(name: Name): void {
    this.#timers.get(name)?.cancel();
    this.#timers.delete(name);
  }

  /** Cancels all timers; no new ones can be set. */
  close(): void {
    this.#closed = true;
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }
}
