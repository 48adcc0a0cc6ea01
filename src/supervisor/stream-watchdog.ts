import type { Clock, Timer } from '../clock.js';

/**
 * Aborts a request whose server has fallen silent: HTTP clients' own time limits end with the response's headers.
 * Expecting something costs no timer where one is already set, since that happens for every token.
 */
export class StreamWatchdog {
  /** Limit that was passed, in milliseconds; null as long as none was. */
  expiredMs: number | null = null;
  readonly #clock: Clock;
  readonly #callerSignal: AbortSignal;
  readonly #abort = new AbortController();
  readonly #onCallerAbort = (): void => this.#abort.abort();
  #limitMs = 0;
  #deadlineMs = Infinity;
  #timer: Timer | null = null;
  #timerDueMs = Infinity;

  /** Follows `callerSignal` too, until {@link stop}. */
  constructor(clock: Clock, callerSignal: AbortSignal) {
    this.#clock = clock;
    this.#callerSignal = callerSignal;
    if (callerSignal.aborted) this.#abort.abort();
    else callerSignal.addEventListener('abort', this.#onCallerAbort, { once: true });
  }

  /** Aborts when a limit is passed or the caller's signal aborts. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** How long it has waited for what is expected, in milliseconds; 0 while nothing is. */
  get waitedMs(): number {
    return this.#deadlineMs === Infinity ? 0 : this.#clock.nowMs() - (this.#deadlineMs - this.#limitMs);
  }

  /** From now on something must happen within `limitMs`, in place of what was expected before. */
  expect(limitMs: number): void {
    this.#limitMs = limitMs;
    this.#deadlineMs = this.#clock.nowMs() + limitMs;
    if (this.#deadlineMs < this.#timerDueMs) this.#setTimer();
  }

  /** Nothing is expected of the server: it is our turn. */
  rest(): void {
    this.#deadlineMs = Infinity;
  }

  /** Aborts now: what was asked for is not wanted any more. */
  abort(): void {
    this.#abort.abort();
  }

  /** Lets go of the timer and of the caller's signal. Idempotent. */
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
