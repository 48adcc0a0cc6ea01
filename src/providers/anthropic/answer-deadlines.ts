import type { Clock } from '../../core/clock.js';
import type { StreamWatchdog } from '../stream-watchdog.js';

/** How long a server may send only pings, in milliseconds. */
const longestPingsMs = 30_000;

export interface AnswerLimits {
  /** Longest wait for the first piece of an answer, in milliseconds. */
  readonly firstTokenMs: number;
  /** Longest wait for the next piece, in milliseconds. */
  readonly tokenMs: number;
}

/**
 * The time limits of an answer. Each piece of it restarts the limit; so do pings, but for at most 30 s, or for the first
 * token's limit if that is longer.
 */
export class AnswerDeadlines {
  readonly #watchdog: StreamWatchdog;
  readonly #clock: Clock;
  readonly #limits: AnswerLimits;
  #hasBegun = false;
  #onlyPings = false;
  /** When the last piece arrived, or when the answer was requested. */
  #progressMs: number;

  /** Starts the limit for the first piece. */
  constructor(watchdog: StreamWatchdog, clock: Clock, limits: AnswerLimits) {
    this.#watchdog = watchdog;
    this.#clock = clock;
    this.#limits = limits;
    this.#progressMs = clock.nowMs();
    watchdog.expect(limits.firstTokenMs);
  }

  /** A piece of the answer has arrived. */
  progressed(): void {
    this.#hasBegun = true;
    this.#onlyPings = false;
    this.#progressMs = this.#clock.nowMs();
    this.#watchdog.expect(this.#limits.tokenMs);
  }

  /** A sign of life has arrived, without a piece of the answer. */
  pinged(): void {
    this.#onlyPings = true;
    const { firstTokenMs, tokenMs } = this.#limits;
    const leftMs = this.#progressMs + Math.max(longestPingsMs, firstTokenMs) - this.#clock.nowMs();
    this.#watchdog.expect(Math.max(0, Math.min(this.#hasBegun ? tokenMs : firstTokenMs, leftMs)));
  }

  /** Describes the silence, once a limit has passed. */
  get silence(): string {
    const waitedMs = Math.round(this.#clock.nowMs() - this.#progressMs);
    if (this.#onlyPings) return `Only pings came for ${waitedMs} ms.`;
    if (this.#hasBegun) return `It fell silent for ${this.#limits.tokenMs} ms.`;
    return `No answer began within ${this.#limits.firstTokenMs} ms.`;
  }
}
