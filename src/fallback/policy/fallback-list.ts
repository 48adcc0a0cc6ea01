import type { Clock } from '../../core/clock.js';
import { ProviderError } from '../../core/errors.js';
import { probeTimeoutMs } from '../../providers/probe-timeout.js';
import type { Candidate, Probable } from './candidate.js';
import { distinctNames, renamed } from './candidate-names.js';
import type { Supervision } from './supervision.js';

interface Standing<P> {
  readonly candidate: Candidate<P>;
  /** Not used until then, and after that not until a probe succeeds. Null while it is well, infinite for a refused key. */
  downUntilMs: number | null;
  coolDownMs: number;
  /** Latencies above `slaMs`, in a row. */
  breaches: number;
  /** Requests that it refused, in a row. */
  refusals: number;
  probing: boolean;
}

/** A provider that stays down is probed at least this often. */
const longestCoolDownMs = 300_000;
/** The request may be at fault where a provider refuses it; after more refusals than this in a row, the provider is. */
const tolerableRefusals = 2;

/**
 * A fallback list and the health of its candidates. Sessions share it, so that one call benefits from what another has learned. A
 * candidate that failed or was slow is not used during its cool-down, then probed in the background, and used again when the probe
 * succeeds; one whose key was refused stays down. Only probes set timers: everything else compares times when it is asked.
 */
export class FallbackList<P extends Probable> {
  readonly #standings: readonly Standing<P>[];
  readonly #names: ReadonlyMap<Candidate<P>, string>;
  readonly #clock: Clock;
  readonly #supervision: Supervision;
  readonly #abort = new AbortController();

  /** Throws a TypeError for a list without candidates. */
  constructor(
    candidates: readonly Candidate<P>[],
    options: { readonly clock: Clock; readonly supervision: Supervision },
  ) {
    if (candidates.length === 0) throw new TypeError('A fallback list needs at least one provider.');
    this.#clock = options.clock;
    this.#supervision = options.supervision;
    const { coolDownMs } = options.supervision;
    this.#names = distinctNames(candidates);
    this.#standings = candidates.map((candidate) => ({
      candidate,
      downUntilMs: null,
      coolDownMs,
      breaches: 0,
      refusals: 0,
      probing: false,
    }));
  }

  /** Every candidate, in the user's order. */
  get candidates(): readonly Candidate<P>[] {
    return this.#standings.map(({ candidate }) => candidate);
  }

  /** A candidate's name in events; unique in the list. */
  nameOf(candidate: Candidate<P>): string {
    return this.#names.get(candidate) ?? candidate.provider.name;
  }

  /** A candidate's error under its name in events. */
  named(error: ProviderError, candidate: Candidate<P>): ProviderError {
    const provider = this.nameOf(candidate);
    return provider === candidate.provider.name ? error : renamed(error, provider);
  }

  /**
   * The candidates to ask, best first: those that are well; if there are none, those whose key was not refused; if there are none of
   * those either, all. Never empty.
   */
  toAsk(): readonly Candidate<P>[] {
    for (const standing of this.#standings) this.#probeIfDue(standing);
    const well = this.#standings.filter(({ downUntilMs }) => downUntilMs === null);
    const hopeful = this.#standings.filter(({ downUntilMs }) => downUntilMs !== Infinity);
    const best = [well, hopeful].find((standings) => standings.length > 0) ?? this.#standings;
    return best.map(({ candidate }) => candidate);
  }

  /**
   * A candidate failed: it is not used during its cool-down, or never again where its key or a field of its config was refused. Any
   * other bad request may be the fault of one call, so only the third in a row counts.
   */
  failed(candidate: Candidate<P>, error: ProviderError): void {
    const standing = this.#of(candidate);
    if (error.category === 'auth' || error.field !== undefined) standing.downUntilMs = Infinity;
    else if (error.category !== 'bad_request' || ++standing.refusals > tolerableRefusals)
      this.#takeDown(standing, error.retryAfterMs);
  }

  /**
   * A candidate answered after `latencyMs`; null where that says nothing about its speed. Returns whether it has now been too slow
   * too often, so that another is asked before it.
   */
  answered(candidate: Candidate<P>, latencyMs: number | null): boolean {
    const standing = this.#of(candidate);
    const isSlow = latencyMs !== null && candidate.slaMs !== undefined && latencyMs > candidate.slaMs;
    standing.refusals = 0;
    if (!isSlow) {
      // It was asked although it was down. A real answer is the best probe.
      if (standing.downUntilMs !== null) standing.downUntilMs = null;
      else standing.coolDownMs = this.#supervision.coolDownMs;
      if (latencyMs !== null) standing.breaches = 0;
      return false;
    }
    standing.breaches++;
    const hasRelief = this.#standings.some((other) => other !== standing && other.downUntilMs === null);
    if (standing.breaches < this.#supervision.slaBreaches || !hasRelief) return false;
    standing.breaches = 0;
    this.#takeDown(standing);
    return true;
  }

  /** Ends all probes, and starts no more. Idempotent. */
  close(): void {
    this.#abort.abort();
  }

  #of(candidate: Candidate<P>): Standing<P> {
    const standing = this.#standings.find((one) => one.candidate === candidate);
    if (!standing) throw new TypeError(`${candidate.provider.name} is not in this fallback list.`);
    return standing;
  }

  #takeDown(standing: Standing<P>, leastMs = 0): void {
    const nowMs = this.#clock.nowMs();
    const { downUntilMs, coolDownMs } = standing;
    // Calls that fail at the same time fail for one reason, which counts once.
    const wasDown = downUntilMs !== null && downUntilMs > nowMs;
    if (wasDown) return;
    standing.downUntilMs = nowMs + Math.min(Math.max(coolDownMs, leastMs), longestCoolDownMs);
    standing.coolDownMs = Math.min(2 * coolDownMs, longestCoolDownMs);
  }

  #probeIfDue(standing: Standing<P>): void {
    const { downUntilMs, candidate, probing } = standing;
    if (downUntilMs === null || probing || this.#clock.nowMs() < downUntilMs) return;
    if (this.#abort.signal.aborted) return;
    if (!candidate.provider.probe) {
      // Only a real request can tell whether it works.
      standing.downUntilMs = null;
      return;
    }
    standing.probing = true;
    void this.#probe(standing, candidate.provider.probe.bind(candidate.provider));
  }

  async #probe(standing: Standing<P>, probe: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
    const abort = new AbortController();
    const stop = (): void => abort.abort();
    this.#abort.signal.addEventListener('abort', stop, { once: true });
    const timer = this.#clock.setTimer(probeTimeoutMs, stop);
    try {
      await unlessAborted(
        Promise.resolve(probe(abort.signal)).then(() => undefined),
        abort.signal,
      );
      // Its key may have been refused during the probe.
      if (standing.downUntilMs !== Infinity) standing.downUntilMs = null;
    } catch (thrown) {
      if (thrown instanceof ProviderError && thrown.category === 'auth') standing.downUntilMs = Infinity;
      else this.#takeDown(standing);
    } finally {
      timer.cancel();
      this.#abort.signal.removeEventListener('abort', stop);
      standing.probing = false;
    }
  }
}

/** Settles with the work, or rejects when the signal aborts: a provider of the user's own may ignore the signal. */
function unlessAborted(work: Promise<unknown>, signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    work.then(resolve, reject);
  });
}
