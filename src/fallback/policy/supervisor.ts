import type { Clock } from '../../core/clock.js';
import { providerErrorOf, type ProviderError, type ProviderKind } from '../../core/errors.js';
import type { OnIncident } from '../../events/provider-incident.js';
import type { ProviderNotice } from '../../events/provider-notice.js';
import { CandidateInUse } from './candidate-in-use.js';
import type { Candidate, Probable } from './candidate.js';
import { FallbackList } from './fallback-list.js';
import { Succession } from './succession.js';
import { defaultSupervision, type Supervision } from './supervision.js';

/** What a supervised provider of any kind is made of. */
export interface SupervisorOptions<P> {
  /** The fallback list, best first; at least one. The supervised provider closes them, except those that are `lent`. */
  readonly candidates: readonly Candidate<P>[];
  readonly clock: Clock;
  /** @default defaultSupervision */
  readonly supervision?: Partial<Supervision>;
  /** Gives 0 to 1, for jitter. @default Math.random */
  readonly random?: () => number;
}

interface Supervised extends Probable {
  close?(): Promise<void>;
}

/**
 * What the supervised providers of all three kinds share: a fallback list, what is done with all of its candidates at once, and
 * the succession of candidates that serves one request. Shared by all sessions; its supervised provider closes it.
 */
export class Supervisor<P extends Supervised> {
  readonly kind: ProviderKind;
  /** The first candidate's. */
  readonly name: string;
  readonly fallbackList: FallbackList<P>;
  readonly clock: Clock;
  readonly supervision: Supervision;
  readonly random: () => number;
  readonly #inUse: CandidateInUse<P>;

  /** Starts nothing. Throws a TypeError for a list without candidates. */
  constructor(kind: ProviderKind, options: SupervisorOptions<P>) {
    const { candidates, clock, supervision, random = Math.random } = options;
    this.kind = kind;
    this.clock = clock;
    this.supervision = { ...defaultSupervision, ...supervision };
    this.random = random;
    this.fallbackList = new FallbackList(candidates, { clock, supervision: this.supervision });
    this.#inUse = new CandidateInUse(kind, this.fallbackList);
    this.name = candidates[0]?.provider.name ?? '';
  }

  /** The provider that the next request asks first. */
  get next(): P | undefined {
    return this.fallbackList.toAsk()[0]?.provider;
  }

  /**
   * Warms all candidates, and checks the keys of those with a `checkAtStart`. A candidate that fails is reported to the fallback
   * list, as its first request would have been. Resolves with all notices, failures included; rejects with the first candidate's
   * ProviderError only where all have failed.
   */
  async warmUp(
    warmUp: (provider: P) => Promise<void> | Promise<readonly ProviderNotice[]> | undefined,
  ): Promise<readonly ProviderNotice[]> {
    const notices: ProviderNotice[] = [];
    const failures = await this.#failuresOf(async ({ provider, checkAtStart }) => {
      const [checked, warmed] = await Promise.all([checkAtStart?.(), warmUp(provider)]);
      notices.push(...(checked ?? []), ...(warmed ?? []));
    });
    this.fallbackList.candidates.forEach((candidate, index) => {
      const failure = failures[index];
      if (!failure) return;
      this.fallbackList.failed(candidate, failure);
      notices.push({
        field: failure.field ?? this.kind,
        message: failure.message,
        remedy: 'The next in the list is used until this is mended.',
      });
    });
    throwIfAllFailed(failures);
    return notices;
  }

  /** Probes all candidates. Resolves with their notices; rejects with the first candidate's ProviderError only where all have failed. */
  async probe(signal: AbortSignal): Promise<readonly ProviderNotice[]> {
    const notices: ProviderNotice[] = [];
    const failures = await this.#failuresOf(async ({ provider }) => {
      notices.push(...((await provider.probe?.(signal)) ?? []));
    });
    throwIfAllFailed(failures);
    return notices;
  }

  /** The candidates for one request of this listener. */
  succession(onIncident: OnIncident | undefined): Succession<P> {
    const { fallbackList, clock, supervision, random } = this;
    return new Succession({ fallbackList, clock, supervision, random, inUse: this.#inUse, onIncident });
  }

  /** Ends probes and closes all candidates that are not lent. A candidate that fails to close does not keep the others open. */
  async close(): Promise<void> {
    this.fallbackList.close();
    const owned = this.fallbackList.candidates.filter(({ lent }) => lent !== true);
    await Promise.allSettled(owned.map(async ({ provider }) => provider.close?.()));
  }

  /** In the candidates' order; null for those that did not fail. */
  #failuresOf(work: (candidate: Candidate<P>) => Promise<void>): Promise<(ProviderError | null)[]> {
    return Promise.all(
      this.fallbackList.candidates.map((candidate) =>
        work(candidate).then(
          () => null,
          (thrown: unknown) => providerErrorOf(thrown, this.kind, candidate.provider.name),
        ),
      ),
    );
  }
}

function throwIfAllFailed(failures: readonly (ProviderError | null)[]): void {
  const [first] = failures;
  if (first && failures.every((failure) => failure !== null)) throw first;
}
