import type { Clock } from '../../core/clock.js';
import type { StreamWatchdog } from '../stream-watchdog.js';

/** How long a service may send only keep-alives, in milliseconds. */
const longestKeepAliveMs = 30_000;

export interface LivenessLimits {
  /** Longest wait for the first piece of an answer, in milliseconds. */
  readonly firstTokenMs: number;
  /** Longest wait for the next piece, in milliseconds. */
  readonly tokenMs: number;
}

/**
 * The stall timeouts of an answer. Each piece restarts the timeout. Keep-alives restart it too, but for at most 30 s, or for
 * the first token's timeout if that is longer.
 */
export class Liveness {
  readonly #watchdog: StreamWatchdog;
  readonly #clock: Clock;
  readonly #limits: LivenessLimits;
  #hasBegun = false;
  /** When the last piece arrived, or when the answer was requested. */
  #progressMs: number;

  /** Starts the timeout for the first piece. */
  constructor(watchdog: StreamWatchdog, clock: Clock, limits: LivenessLimits) {
    this.#watchdog = watchdog;
    this.#clock = clock;
    this.#limits = limits;
    this.#progressMs = clock.nowMs();
    watchdog.expect(limits.firstTokenMs);
  }

  /** A piece of the answer has arrived. */
  progressed(): void {
    this.#hasBegun = true;
    this.#progressMs = this.#clock.nowMs();
    this.#watchdog.expect(this.#limits.tokenMs);
  }

  /** Something has arrived that is no piece of the answer. */
  keptAlive(): void {
    const { firstTokenMs, tokenMs } = this.#limits;
    const leftMs = this.#progressMs + Math.max(longestKeepAliveMs, firstTokenMs) - this.#clock.nowMs();
    this.#watchdog.expect(Math.max(0, Math.min(this.#hasBegun ? tokenMs : firstTokenMs, leftMs)));
  }

  /** Describes the stall, once a timeout has passed. */
  get silence(): string {
    if (this.#hasBegun) return `It fell silent for ${this.#limits.tokenMs} ms.`;
    const waitedMs = Math.round(this.#clock.nowMs() - this.#progressMs);
    return `No answer began within ${Math.max(waitedMs, this.#limits.firstTokenMs)} ms.`;
  }
}
