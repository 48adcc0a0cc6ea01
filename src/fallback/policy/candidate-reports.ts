import type { ProviderError, ProviderKind } from '../../core/errors.js';
import type { OnIncident, ProviderIncident } from '../../events/provider-incident.js';
import type { Candidate, Probable } from './candidate.js';
import type { FallbackList } from './fallback-list.js';

/** What one listener is told of the candidates that serve it, under the names that the fallback list gives them. */
export class CandidateReports<P extends Probable> {
  readonly #kind: ProviderKind;
  readonly #fallbackList: FallbackList<P>;
  readonly #onIncident: OnIncident;
  /** Candidates that have failed the listener and not answered it since. */
  readonly #failed = new Set<Candidate<P>>();

  constructor(kind: ProviderKind, fallbackList: FallbackList<P>, onIncident: OnIncident) {
    this.#kind = kind;
    this.#fallbackList = fallbackList;
    this.#onIncident = onIncident;
  }

  /** Whether a candidate has failed the listener and not answered it since. */
  get hasFailures(): boolean {
    return this.#failed.size > 0;
  }

  /** A candidate failed; what is done about it is told next. */
  failed(candidate: Candidate<P>, error: ProviderError): void {
    this.#failed.add(candidate);
    this.#onIncident({ type: 'error', error: this.#fallbackList.named(error, candidate) });
  }

  /** A candidate that failed is asked again; `attempt` 1 is the first repetition. */
  repeat(candidate: Candidate<P>, attempt: number): void {
    this.#onIncident({ type: 'reconnect', ...this.#named(candidate), attempt });
  }

  /** `to` takes over from `from`; `cause` is safe to show. */
  change(from: Candidate<P>, to: Candidate<P>, cause: string): void {
    const names = { from: this.#fallbackList.nameOf(from), to: this.#fallbackList.nameOf(to) };
    this.#onIncident({ type: 'failover', kind: this.#kind, ...names, cause });
  }

  /** A candidate answered: it has recovered if it is one that failed. */
  answered(candidate: Candidate<P>): void {
    if (this.#failed.delete(candidate)) this.#onIncident({ type: 'recovered', ...this.#named(candidate) });
  }

  /** Anything else. */
  tell(incident: ProviderIncident): void {
    this.#onIncident(incident);
  }

  #named(candidate: Candidate<P>): { readonly kind: ProviderKind; readonly provider: string } {
    return { kind: this.#kind, provider: this.#fallbackList.nameOf(candidate) };
  }
}
