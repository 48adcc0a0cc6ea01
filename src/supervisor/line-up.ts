import type { Clock } from '../clock.js';
import type { ProviderError } from '../errors.js';
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
  /** Left alone until then, and after it until a probe succeeds; null while it is well. */
  downUntilMs: number | null;
  coolDownMs: number;
  breaches: number;
  probing: boolean;
}

/** A probe that takes longer than this has failed. */
const probeTimeoutMs = 5000;
/** A provider that stays down is asked at least this often. */
const longestCoolDownMs = 300_000;

/**
 * A fallback list and how its members are doing. Sessions share it, so that what one call learns the next one knows. A
 * member that failed or was slow is left alone for a while, then probed in the background, and taken again when the probe
 * succeeds; one whose key was refused stays down. No timers: it looks at the time when it is asked.
 */
export class LineUp<P extends Probable> {
  readonly #standings: readonly Standing<P>[];
  readonly #clock: Clock;
  readonly #supervision: Supervision;
  readonly #abort = new AbortController();

  constructor(
    members: readonly Member<P>[],
    options: { readonly clock: Clock; readonly supervision: Supervision },
  ) {
    this.#clock = options.clock;
    this.#supervision = options.supervision;
    const { coolDownMs } = options.supervision;
    this.#standings = members.map((member) => ({
      member,
      downUntilMs: null,
      coolDownMs,
      breaches: 0,
      probing: false,
    }));
  }

  /** Every member, in the user's order. */
  get members(): readonly Member<P>[] {
    return this.#standings.map(({ member }) => member);
  }

  /** Those to ask, in this order: the ones that are well; where none is, all of them. */
  candidates(): readonly Member<P>[] {
    for (const standing of this.#standings) this.#probeIfDue(standing);
    const well = this.#standings.filter(({ downUntilMs }) => downUntilMs === null);
    return (well.length > 0 ? well : this.#standings).map(({ member }) => member);
  }

  /** A member failed so that it should be left alone for a while; for good where its key was refused. */
  failed(member: Member<P>, error: ProviderError): void {
    const standing = this.#of(member);
    if (error.category === 'auth') standing.downUntilMs = Infinity;
    else this.#takeDown(standing);
  }

  /** A member answered after `latencyMs`. Returns whether it has now been slow too often, and is left alone. */
  answered(member: Member<P>, latencyMs: number): boolean {
    const standing = this.#of(member);
    const isSlow = member.slaMs !== undefined && latencyMs > member.slaMs;
    standing.breaches = isSlow ? standing.breaches + 1 : 0;
    if (standing.breaches < this.#supervision.slaBreaches) {
      if (!isSlow && standing.downUntilMs === null) standing.coolDownMs = this.#supervision.coolDownMs;
      return false;
    }
    standing.breaches = 0;
    if (this.#standings.length > 1) this.#takeDown(standing);
    return this.#standings.length > 1;
  }

  /** Ends probes. Idempotent. */
  close(): void {
    this.#abort.abort();
  }

  #of(member: Member<P>): Standing<P> {
    const standing = this.#standings.find((candidate) => candidate.member === member);
    if (!standing) throw new TypeError(`${member.provider.name} is not in this line-up.`);
    return standing;
  }

  #takeDown(standing: Standing<P>): void {
    standing.downUntilMs = this.#clock.nowMs() + standing.coolDownMs;
    standing.coolDownMs = Math.min(2 * standing.coolDownMs, longestCoolDownMs);
  }

  #probeIfDue(standing: Standing<P>): void {
    const { downUntilMs, member, probing } = standing;
    if (downUntilMs === null || probing || this.#clock.nowMs() < downUntilMs) return;
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
      await probe(abort.signal);
      standing.downUntilMs = null;
    } catch {
      this.#takeDown(standing);
    } finally {
      timer.cancel();
      this.#abort.signal.removeEventListener('abort', stop);
      standing.probing = false;
    }
  }
}
