import type { ProviderError, ProviderKind } from '../../core/errors.js';
import type { OnIncident } from '../../events/provider-incident.js';
import type { Candidate, Probable } from './candidate.js';
import { CandidateReports } from './candidate-reports.js';
import type { FallbackList } from './fallback-list.js';

interface Served<P extends Probable> {
  readonly reports: CandidateReports<P>;
  last: Candidate<P> | null;
}

/**
 * Which candidate served each listener last, so that a change between two requests is told: one call may learn from another's
 * failure that a candidate is down, and no call sees the probe that brings it back. A listener is known by its function; a new
 * one counts as served by the candidate that served any listener last.
 */
export class CandidateInUse<P extends Probable> {
  readonly #kind: ProviderKind;
  readonly #fallbackList: FallbackList<P>;
  readonly #served = new WeakMap<OnIncident, Served<P>>();
  #last: Candidate<P> | null = null;

  constructor(kind: ProviderKind, fallbackList: FallbackList<P>) {
    this.#kind = kind;
    this.#fallbackList = fallbackList;
  }

  /** `candidate` serves the listener's next request: a failover is told if another served its last one. */
  begin(candidate: Candidate<P>, onIncident: OnIncident | undefined): void {
    const before = this.#of(onIncident)?.last ?? this.#last;
    if (!before) return this.#note(candidate, onIncident);
    const { candidates } = this.#fallbackList;
    const isBack = candidates.indexOf(candidate) < candidates.indexOf(before);
    const cause = isBack
      ? `${this.#fallbackList.nameOf(candidate)} works again.`
      : `${this.#fallbackList.nameOf(before)} is left alone for now.`;
    this.change(before, candidate, cause, onIncident);
  }

  /** `to` takes over from `from`; `cause` is safe to show. */
  change(from: Candidate<P>, to: Candidate<P>, cause: string, onIncident: OnIncident | undefined): void {
    if (from !== to) this.#of(onIncident)?.reports.change(from, to, cause);
    this.#note(to, onIncident);
  }

  /** A candidate failed the listener, and what is done about it follows. */
  failed(candidate: Candidate<P>, error: ProviderError, onIncident: OnIncident | undefined): void {
    this.#of(onIncident)?.reports.failed(candidate, error);
  }

  /** A candidate that failed the listener is asked again. */
  repeat(candidate: Candidate<P>, attempt: number, onIncident: OnIncident | undefined): void {
    this.#of(onIncident)?.reports.repeat(candidate, attempt);
  }

  /** A candidate answered the listener: it has recovered if it is one that failed. */
  answered(candidate: Candidate<P>, onIncident: OnIncident | undefined): void {
    this.#of(onIncident)?.reports.answered(candidate);
  }

  #note(candidate: Candidate<P>, onIncident: OnIncident | undefined): void {
    this.#last = candidate;
    const served = this.#of(onIncident);
    if (served) served.last = candidate;
  }

  #of(onIncident: OnIncident | undefined): Served<P> | null {
    if (!onIncident) return null;
    const known = this.#served.get(onIncident);
    if (known) return known;
    const reports = new CandidateReports(this.#kind, this.#fallbackList, onIncident);
    const served: Served<P> = { reports, last: null };
    this.#served.set(onIncident, served);
    return served;
  }
}
