import type { Clock, Timer } from '../core/clock.js';

/**
 * Aborts a request whose server has stalled: the timeouts of HTTP clients end with the response's headers. `expect()`
 * is called for every token, so it reuses a timer that is already set.
 */
export class StreamWatchdog {
  /** The limit that was exceeded, in milliseconds; null if none was. */
  expiredMs: number | null = null;
  readonly #clock: Clock;
  readonly #callerSignal: AbortSignal;
  readonly #abort = new AbortController();
  readonly #onCallerAbort = (): void => this.#abort.abort();
  #limitMs = 0;
  #deadlineMs = Infinity;
  #timer: Timer | null = null;
  #timerDueMs = Infinity;

  /** Also aborts with `callerSignal`, until {@link stop}. */
  constructor(clock: Clock, callerSignal: AbortSignal) {
    this.#clock = clock;
    this.#callerSignal = callerSignal;
    if (callerSignal.aborted) this.#abort.abort();
    else callerSignal.addEventListener('abort', this.#onCallerAbort, { once: true });
  }

  /** Aborts when a limit is exceeded or the caller's signal aborts. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** How long it has waited since `expect()`, in milliseconds; 0 while nothing is expected. */
  get waitedMs(): number {
    return this.#deadlineMs === Infinity ? 0 : this.#clock.nowMs() - (this.#deadlineMs - this.#limitMs);
  }

  /** Expects data within `limitMs` from now; replaces the previous expectation. */
  expect(limitMs: number): void {
    this.#limitMs = limitMs;
    this.#deadlineMs = this.#clock.nowMs() + limitMs;
    if (this.#deadlineMs < this.#timerDueMs) this.#setTimer();
  }

  /** Expects nothing from the server until the next `expect()`. */
  rest(): void {
    this.#deadlineMs = Infinity;
  }

  /** Aborts now, because the result is no longer needed. */
  abort(): void {
    this.#abort.abort();
  }

  /** Cancels the timer and stops following the caller's signal. Idempotent. */
  stop(): void {
    this.#callerSignal.removeEventListener('abort', this.#onCallerAbort);
    this.rest();
    this.#timer?.cancel();
    this.#timer = null;
    this.#timerDueMs = Infinity;
  }

  #setTimer(): void {
    this.#timer?.cancel();
    this.#timerDueMs = this.#deadlineMs;
    this.#timer = this.#clock.setTimer(this.#deadlineMs - this.#clock.nowMs(), () => this.#onTimer());
  }

  #onTimer(): void {
    this.#timer = null;
    this.#timerDueMs = Infinity;
    if (this.#deadlineMs === Infinity) return;
    if (this.#clock.nowMs() < this.#deadlineMs) return this.#setTimer();
    this.expiredMs = this.#limitMs;
    this.#abort.abort();
  }
}
