import { delay } from '../../core/clock.js';
import type { ProviderError } from '../../core/errors.js';
import type { OnIncident } from '../../events/provider-incident.js';
import { Attempts, type AttemptsOptions, type NextAttempt } from './attempts.js';
import type { CandidateInUse } from './candidate-in-use.js';
import type { Candidate, Probable } from './candidate.js';
import { failureCause, tooSlow } from './failure-cause.js';
import type { FallbackList } from './fallback-list.js';

export interface SuccessionOptions<P extends Probable> extends AttemptsOptions {
  readonly fallbackList: FallbackList<P>;
  readonly inUse: CandidateInUse<P>;
  readonly onIncident: OnIncident | undefined;
}

/** A failure for which another attempt makes up. */
export interface Recovery<P> extends NextAttempt<P> {
  readonly error: ProviderError;
  /** The candidate that failed. */
  readonly failed: Candidate<P>;
}

/** The candidates that serve one request, one after the other, and what its listener is told of them. */
export class Succession<P extends Probable> {
  readonly #options: SuccessionOptions<P>;
  readonly #attempts: Attempts<P>;

  /** Tells nothing yet. */
  constructor(options: SuccessionOptions<P>) {
    this.#options = options;
    this.#attempts = new Attempts(options.fallbackList, options);
  }

  /** The candidate to ask now. */
  get candidate(): Candidate<P> {
    return this.#attempts.candidate;
  }

  /** Its name in incidents: unique in the fallback list. */
  get name(): string {
    return this.#options.fallbackList.nameOf(this.candidate);
  }

  /** Longest wait for the first result of this attempt: a repetition has only what is left of the budget. */
  get firstResultTimeoutMs(): number {
    return this.#attempts.firstResultTimeoutMs;
  }

  /** The first candidate is about to be asked: tells a failover where another served the listener's last request. */
  begin(): void {
    const { inUse, onIncident } = this.#options;
    inUse.begin(this.candidate, onIncident);
  }

  /** Something new came: a later failure has the whole budget again. */
  progressed(): void {
    this.#attempts.progressed();
  }

  /**
   * The candidate has begun to answer, after `latencyMs`; null where that says nothing of its speed. Tells its recovery, and that
   * the next request goes to another where it has been too slow too often.
   */
  answered(latencyMs: number | null): void {
    const { fallbackList, inUse, onIncident } = this.#options;
    const { candidate } = this;
    inUse.answered(candidate, onIncident);
    if (!fallbackList.answered(candidate, latencyMs)) return;
    const [next = candidate] = fallbackList.toAsk();
    inUse.change(candidate, next, tooSlow, onIncident);
  }

  /** Decides what follows the candidate's failure; null where no candidate is left to ask. */
  after(error: ProviderError): Recovery<P> | null {
    const failed = this.candidate;
    const next = this.#attempts.after(error);
    return next && { ...next, error, failed };
  }

  /** Tells the failure, and the repetition or the failover that follows. */
  tell({ error, failed, candidate, repetition }: Recovery<P>): void {
    const { inUse, onIncident } = this.#options;
    this.tellFailure(failed, error);
    if (repetition === 0) inUse.change(failed, candidate, failureCause(error), onIncident);
    else inUse.repeat(candidate, repetition, onIncident);
  }

  /** Tells a failure that needs no other attempt. */
  tellFailure(candidate: Candidate<P>, error: ProviderError): void {
    const { inUse, onIncident } = this.#options;
    inUse.failed(candidate, error, onIncident);
  }

  /** Resolves when it is time for the next attempt, or as soon as the signal aborts. */
  async wait({ waitMs }: Recovery<P>, signal: AbortSignal): Promise<void> {
    await delay(this.#options.clock, waitMs, signal).catch(() => undefined);
  }
}
