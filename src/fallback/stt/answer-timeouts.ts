import type { Candidate } from '../policy/candidate.js';
import type { Supervision } from '../policy/supervision.js';
import type { Liveness } from './liveness.js';
import type { SpeechToText } from '../../providers/speech-to-text.js';

/** The longest that an answer takes where its provider does not say otherwise. */
const usualFinalTimeoutMs = 400;
/** A provider has stalled when it takes this many times longer than it said. */
const overdueFactor = 1.5;

/** How long a recogniser's answer to a flush may take. */
export class AnswerTimeouts {
  readonly #supervision: Supervision;
  readonly #expectedMs: number;

  /** `first`: the candidate whose `finalTimeoutMs` the session uses. */
  constructor(supervision: Supervision, first: Candidate<SpeechToText> | undefined) {
    this.#supervision = supervision;
    this.#expectedMs = first?.provider.finalTimeoutMs ?? usualFinalTimeoutMs;
  }

  /** A candidate that has not answered within this time is replaced. */
  limitMs({ provider }: Candidate<SpeechToText>, liveness: Liveness): number {
    const { firstResultTimeoutMs, stallTimeoutMs } = this.#supervision;
    const ownMs = overdueFactor * (provider.finalTimeoutMs ?? usualFinalTimeoutMs);
    return Math.max(stallTimeoutMs, ownMs, liveness.hasSpoken ? 0 : firstResultTimeoutMs);
  }

  /** Whether a candidate says that it needs longer than the session waits, and has waited less than that. */
  needsLonger({ provider }: Candidate<SpeechToText>, waitedMs: number): boolean {
    const { finalTimeoutMs = usualFinalTimeoutMs } = provider;
    return finalTimeoutMs > this.#expectedMs && waitedMs < finalTimeoutMs;
  }
}
