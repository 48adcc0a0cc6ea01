import type { Member } from '../supervisor/line-up.js';
import type { Supervision } from '../supervisor/supervision.js';
import type { SignsOfLife } from './signs-of-life.js';
import type { SpeechToText } from './speech-to-text.js';

/** An answer takes no longer than this where its provider does not say so. */
const usualFinalTimeoutMs = 400;
/** A provider is past hope when it has taken so much longer than it said. */
const overdueFactor = 1.5;

/** How long recognisers are waited for. */
export class Patience {
  readonly #supervision: Supervision;
  readonly #expectedMs: number;

  /** `first`: the member by which the session goes. */
  constructor(supervision: Supervision, first: Member<SpeechToText> | undefined) {
    this.#supervision = supervision;
    this.#expectedMs = first?.provider.finalTimeoutMs ?? usualFinalTimeoutMs;
  }

  /** Silence after which a recogniser that tells how far it listens has stalled; sooner while an answer is due. */
  silenceMs(signs: SignsOfLife, isAnswerDue: boolean): number {
    const { firstResultTimeoutMs, stallTimeoutMs } = this.#supervision;
    if (!signs.any) return firstResultTimeoutMs;
    return isAnswerDue ? Math.min(stallTimeoutMs, signs.patienceMs) : stallTimeoutMs;
  }

  /** How long any recogniser may take to answer a flush. */
  answerMs({ provider }: Member<SpeechToText>, signs: SignsOfLife): number {
    const { firstResultTimeoutMs, stallTimeoutMs } = this.#supervision;
    const ownMs = overdueFactor * (provider.finalTimeoutMs ?? usualFinalTimeoutMs);
    return Math.max(stallTimeoutMs, ownMs, signs.any ? 0 : firstResultTimeoutMs);
  }

  /** Whether a member says that it needs longer than the session waits, and has been given less than that. */
  needsLonger({ provider }: Member<SpeechToText>, waitedMs: number): boolean {
    const { finalTimeoutMs = usualFinalTimeoutMs } = provider;
    return finalTimeoutMs > this.#expectedMs && waitedMs < finalTimeoutMs;
  }
}
