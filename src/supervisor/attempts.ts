import type { Clock } from '../clock.js';
import type { ProviderError } from '../errors.js';
import type { LineUp, Member, Probable } from './line-up.js';
import { retryDelayMs, type Supervision } from './supervision.js';

/** What to do after a failure. */
export interface NextAttempt<P> {
  readonly member: Member<P>;
  /** To wait before it is asked. */
  readonly waitMs: number;
  /** 1 for the first time that the same member is asked again; 0 for another member. */
  readonly repetition: number;
}

export interface AttemptsOptions {
  readonly clock: Clock;
  readonly supervision: Supervision;
  /** Gives 0 to 1. */
  readonly random: () => number;
}

/**
 * Whom one request asks, one after the other: the same member again while its error, the number of attempts and the budget
 * allow it, then the next one that this request has not asked yet. The budget is the longest that the caller goes without
 * anything new; a member is asked for its first time even when it is spent, since the alternative is to give up.
 */
export class Attempts<P extends Probable> {
  readonly #lineUp: LineUp<P>;
  readonly #options: AttemptsOptions;
  readonly #asked = new Set<Member<P>>();
  #member: Member<P>;
  #repetition = 0;
  #deadlineMs: number;

  constructor(lineUp: LineUp<P>, options: AttemptsOptions) {
    this.#lineUp = lineUp;
    this.#options = options;
    this.#member = this.#untried() ?? unreachable();
    this.#asked.add(this.#member);
    this.#deadlineMs = options.clock.nowMs() + options.supervision.budgetMs;
  }

  /** Whom to ask now. */
  get member(): Member<P> {
    return this.#member;
  }

  /** Longest wait for the first result of this attempt: a repetition has only what is left of the budget. */
  get firstResultTimeoutMs(): number {
    const { clock, supervision } = this.#options;
    const { firstResultTimeoutMs } = supervision;
    if (this.#repetition === 0) return firstResultTimeoutMs;
    return Math.max(0, Math.min(firstResultTimeoutMs, this.#deadlineMs - clock.nowMs()));
  }

  /** Something new came: whatever goes wrong later has the whole budget again. */
  progressed(): void {
    this.#deadlineMs = this.#options.clock.nowMs() + this.#options.supervision.budgetMs;
  }

  /** Tells the line-up if the member is given up, and says what is next; null where nobody is left to ask. */
  after(error: ProviderError): NextAttempt<P> | null {
    const waitMs = this.#waitBeforeRepetition(error);
    if (waitMs !== null) {
      this.#repetition++;
      return { member: this.#member, waitMs, repetition: this.#repetition };
    }
    this.#lineUp.failed(this.#member, error);
    const next = this.#untried();
    if (!next) return null;
    this.#asked.add(next);
    this.#member = next;
    this.#repetition = 0;
    return { member: next, waitMs: 0, repetition: 0 };
  }

  /** Null where the member is not to be asked again. */
  #waitBeforeRepetition(error: ProviderError): number | null {
    const { clock, supervision, random } = this.#options;
    if (!error.retryable || this.#repetition + 1 >= supervision.attempts) return null;
    // The caller has waited for it long enough to try somebody else first.
    if (error.category === 'timeout' && this.#untried()) return null;
    const waitMs = retryDelayMs(supervision, this.#repetition + 1, error.retryAfterMs, random);
    return waitMs < this.#deadlineMs - clock.nowMs() ? waitMs : null;
  }

  #untried(): Member<P> | undefined {
    return this.#lineUp.candidates().find((member) => !this.#asked.has(member));
  }
}

function unreachable(): never {
  throw new TypeError('A line-up without candidates.');
}
