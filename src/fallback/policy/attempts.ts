import type { Clock } from '../../core/clock.js';
import type { ProviderError } from '../../core/errors.js';
import type { Candidate, Probable } from './candidate.js';
import type { FallbackList } from './fallback-list.js';
import { retryDelayMs, type Supervision } from './supervision.js';

/** What to do after a failure. */
export interface NextAttempt<P> {
  readonly candidate: Candidate<P>;
  /** How long to wait before it is asked. */
  readonly waitMs: number;
  /** 1 is the first time that the same candidate is asked again; 0 means another candidate. */
  readonly repetition: number;
}

export interface AttemptsOptions {
  readonly clock: Clock;
  readonly supervision: Supervision;
  /** Gives 0 to 1. */
  readonly random: () => number;
}

/**
 * The candidates that one request asks, in order: the same one again while its error, the number of attempts and the budget allow it,
 * then the next one that this request has not asked. The budget is the longest that the caller goes without anything new. A candidate
 * that has not been asked is asked even when the budget is spent, since the alternative is to give up.
 */
export class Attempts<P extends Probable> {
  readonly #fallbackList: FallbackList<P>;
  readonly #options: AttemptsOptions;
  readonly #asked = new Set<Candidate<P>>();
  #candidate: Candidate<P>;
  #repetition = 0;
  #deadlineMs: number;

  constructor(fallbackList: FallbackList<P>, options: AttemptsOptions) {
    this.#fallbackList = fallbackList;
    this.#options = options;
    this.#candidate = this.#untried() ?? unreachable();
    this.#asked.add(this.#candidate);
    this.#deadlineMs = options.clock.nowMs() + options.supervision.budgetMs;
  }

  /** The candidate to ask now. */
  get candidate(): Candidate<P> {
    return this.#candidate;
  }

  /** Longest wait for the first result of this attempt: a repetition has only what is left of the budget. */
  get firstResultTimeoutMs(): number {
    const { clock, supervision } = this.#options;
    const { firstResultTimeoutMs } = supervision;
    if (this.#repetition === 0) return firstResultTimeoutMs;
    return Math.max(0, Math.min(firstResultTimeoutMs, this.#deadlineMs - clock.nowMs()));
  }

  /** Something new came: a later failure has the whole budget again. */
  progressed(): void {
    this.#deadlineMs = this.#options.clock.nowMs() + this.#options.supervision.budgetMs;
  }

  /** Decides what follows the candidate's failure; null where no candidate is left. The fallback list learns of one that is given up. */
  after(error: ProviderError): NextAttempt<P> | null {
    const waitMs = this.#waitBeforeRepetition(error);
    if (waitMs !== null) {
      this.#repetition++;
      return { candidate: this.#candidate, waitMs, repetition: this.#repetition };
    }
    this.#fallbackList.failed(this.#candidate, error);
    const next = this.#untried();
    if (!next) return null;
    this.#asked.add(next);
    this.#candidate = next;
    this.#repetition = 0;
    return { candidate: next, waitMs: 0, repetition: 0 };
  }

  /** Null where the candidate should not be asked again. */
  #waitBeforeRepetition(error: ProviderError): number | null {
    const { clock, supervision, random } = this.#options;
    if (!error.retryable || this.#repetition + 1 >= supervision.attempts) return null;
    // The caller has waited long enough for this one: another is tried first.
    if (error.category === 'timeout' && this.#untried()) return null;
    const waitMs = retryDelayMs(supervision, this.#repetition + 1, error.retryAfterMs, random);
    return waitMs < this.#deadlineMs - clock.nowMs() ? waitMs : null;
  }

  #untried(): Candidate<P> | undefined {
    return this.#fallbackList.toAsk().find((candidate) => !this.#asked.has(candidate));
  }
}

function unreachable(): never {
  throw new TypeError('A fallback list without candidates.');
}
