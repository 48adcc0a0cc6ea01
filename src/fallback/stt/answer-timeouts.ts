import type { Candidate } from '../policy/candidate.js';
import type { Supervision } from '../policy/supervision.js';
import type { Liveness } from './liveness.js';
import type { SpeechToText } from '../../providers/speech-to-text.js';

/** How long an answer takes at most, unless its provider says otherwise. */
const usualFinalTimeoutMs = 400;
/** A provider that takes this many times longer than it said has stalled. */
const overdueFactor = 1.5;

/** Time limits for a recogniser's answer to a flush. */
export class AnswerTimeouts {
  readonly #supervision: Supervision;
  readonly #expectedMs: number;

  /** `first`: the candidate whose `finalTimeoutMs` the session uses. */
  constructor(supervision: Supervision, first: Candidate<SpeechToText> | undefined) {
    this.#supervision = supervision;
    this.#expectedMs = first?.provider.finalTimeoutMs ?? usualFinalTimeoutMs;
  }

  /** A candidate that does not answer within this time is replaced. */
  limitMs({ provider }: Candidate<SpeechToText>, liveness: Liveness): number {
    const { firstResultTimeoutMs, stallTimeoutMs } = this.#supervision;
    const ownMs = overdueFactor * (provider.finalTimeoutMs ?? usualFinalTimeoutMs);
    return Math.max(stallTimeoutMs, ownMs, liveness.hasSpoken ? 0 : firstResultTimeoutMs);
  }

  /** Whether a candidate declares a longer time-out than the session uses, and that time-out has not passed yet. */
  needsLonger({ provider }: Candidate<SpeechToText>, waitedMs: number): boolean {
    const { finalTimeoutMs = usualFinalTimeoutMs } = provider;
    return finalTimeoutMs > this.#expectedMs && waitedMs < finalTimeoutMs;
  }
}
