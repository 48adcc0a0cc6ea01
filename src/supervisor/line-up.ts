import type { Clock } from '../clock.js';
import { ProviderError } from '../errors.js';
import type { Supervision } from './supervision.js';

/** What a line-up needs to know of a provider. */
export interface Probable {
  readonly name: string;
  probe?(signal: AbortSignal): Promise<void>;
}

/** A provider in a fallback list. */
export interface Member<P> {
  readonly provider: P;
  /** The latency that its user expects of it; none where undefined. */
  readonly slaMs?: number | undefined;
}

interface Standing<P> {
  readonly member: Member<P>;
  /** Left alone until then, and after it until a probe succeeds; null while it is well, infinite for a refused key. */
  downUntilMs: number | null;
  coolDownMs: number;
  /** Latencies above the SLA, in a row. */
  breaches: number;
  /** Requests that it would not take, in a row. */
  refusals: number;
  probing: boolean;
}

/** A probe that takes longer than this has failed. */
const probeTimeoutMs = 5000;
/** A provider that stays down is asked at least this often. */
const longestCoolDownMs = 300_000;
/** One request that a provider will not take says something of the request; so many in a row, of the provider. */
const tolerableRefusals = 2;

/**
 * A fallback list and how its members are doing. Sessions share it, so that what one call learns the next one knows. A
 * member that failed or was slow is left alone for a while, then probed in the background, and taken again when the probe
 * succeeds; one whose key was refused stays down. No timers but those of probes: it looks at the time when it is asked.
 */
export class LineUp<P extends Probable> {
  readonly #standings: readonly Standing<P>[];
  readonly #clock: Clock;
  readonly #supervision: Supervision;
  readonly #abort = new AbortController();

  /** Throws a TypeError for a list without members. */
  constructor(
    members: readonly Member<P>[],
    options: { readonly clock: Clock; readonly supervision: Supervision },
  ) {
    if (members.length === 0) throw new TypeError('A line-up needs at least one provider.');
    this.#clock = options.clock;
    this.#supervision = options.supervision;
    const { coolDownMs } = options.supervision;
    this.#standings = members.map((member) => ({
      member,
      downUntilMs: null,
      coolDownMs,
      breaches: 0,
      refusals: 0,
      probing: false,
    }));
  }

  /** Every member, in the user's order. */
  get members(): readonly Member<P>[] {
    return this.#standings.map(({ member }) => member);
  }

  /**
   * Those to ask, in this order: the ones that are well; where none is, the ones whose key was not refused; where there is
   * none of those either, all. Never empty.
   */
  candidates(): readonly Member<P>[] {
    for (const standing of this.#standings) this.#probeIfDue(standing);
    const well = this.#standings.filter(({ downUntilMs }) => downUntilMs === null);
    const hopeful = this.#standings.filter(({ downUntilMs }) => downUntilMs !== Infinity);
    const best = [well, hopeful].find((standings) => standings.length > 0) ?? this.#standings;
    return best.map(({ member }) => member);
  }

  /**
   * A member failed so that it should be left alone for a while; for good where its key was refused. A bad request may be
   * one caller's alone: only a third in a row counts.
   */
  failed(member: Member<P>, error: ProviderError): void {
    const standing = this.#of(member);
    if (error.category === 'auth') standing.downUntilMs = Infinity;
    else if (error.category !== 'bad_request' || ++standing.refusals > tolerableRefusals)
      this.#takeDown(standing, error.retryAfterMs);
  }

  /**
   * A member answered, after `latencyMs`; null where that says nothing of its speed. Returns whether it has now been slow
   * too often, so that another comes before it.
   */
  answered(member: Member<P>, latencyMs: number | null): boolean {
    const standing = this.#of(member);
    const isSlow = latencyMs !== null && member.slaMs !== undefined && latencyMs > member.slaMs;
    standing.refusals = 0;
    if (!isSlow) {
      // It was asked although it was down, and a real answer is the best probe there is.
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

  /** Ends probes, and starts none any more. Idempotent. */
  close(): void {
    this.#abort.abort();
  }

  #of(member: Member<P>): Standing<P> {
    const standing = this.#standings.find((candidate) => candidate.member === member);
    if (!standing) throw new TypeError(`${member.provider.name} is not in this line-up.`);
    return standing;
  }

  #takeDown(standing: Standing<P>, leastMs = 0): void {
    const nowMs = this.#clock.nowMs();
    const { downUntilMs, coolDownMs } = standing;
    // Calls that fail together fail for one reason, which must not count many times.
    const wasDown = downUntilMs !== null && downUntilMs > nowMs;
    if (wasDown) return;
    standing.downUntilMs = nowMs + Math.min(Math.max(coolDownMs, leastMs), longestCoolDownMs);
    standing.coolDownMs = Math.min(2 * coolDownMs, longestCoolDownMs);
  }

  #probeIfDue(standing: Standing<P>): void {
    const { downUntilMs, member, probing } = standing;
    if (downUntilMs === null || probing || this.#clock.nowMs() < downUntilMs) return;
    if (this.#abort.signal.aborted) return;
    if (!member.provider.probe) {
      // Nothing but a real request can tell.
      standing.downUntilMs = null;
      return;
    }
    standing.probing = true;
    void this.#probe(standing, member.provider.probe.bind(member.provider));
  }

  async #probe(standing: Standing<P>, probe: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const abort = new AbortController();
    const stop = (): void => abort.abort();
    this.#abort.signal.addEventListener('abort', stop, { once: true });
    const timer = this.#clock.setTimer(probeTimeoutMs, stop);
    try {
      await unlessAborted(probe(abort.signal), abort.signal);
      // Its key may have been refused meanwhile.
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

/** A provider of the user's own may pay no heed to the signal. */
function unlessAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    work.then(resolve, reject);
  });
}
