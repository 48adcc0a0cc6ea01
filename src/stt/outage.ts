import type { ProviderError } from '../errors.js';
import type { Member } from '../supervisor/line-up.js';
import { retryDelayMs, type Supervision } from '../supervisor/supervision.js';
import type { SpeechToText } from './speech-to-text.js';

/** From the failure of a stream to the first sign of life of the one that replaces it. */
export class Outage {
  readonly sinceMs: number;
  /** Members that have failed in it. */
  readonly failed = new Set<Member<SpeechToText>>();
  readonly #supervision: Supervision;
  readonly #random: () => number;
  #openings: number;
  #repetitions = 0;

  /** `openings`: how often the member that failed first had been opened in vain. */
  constructor(
    sinceMs: number,
    openings: number,
    options: { readonly supervision: Supervision; readonly random: () => number },
  ) {
    this.sinceMs = sinceMs;
    this.#openings = openings;
    this.#supervision = options.supervision;
    this.#random = options.random;
  }

  /** Which repetition at the same member comes next; 1 is the first. */
  get repetition(): number {
    return this.#repetitions + 1;
  }

  /** How long to wait before the member that failed is opened again; null where another should be asked. */
  repeatInMs(error: ProviderError, nowMs: number): number | null {
    const { attempts, budgetMs } = this.#supervision;
    if (!error.retryable || this.#openings >= attempts) return null;
    const delayMs = retryDelayMs(this.#supervision, this.repetition, error.retryAfterMs, this.#random);
    return nowMs + delayMs - this.sinceMs > budgetMs ? null : delayMs;
  }

  /** The member that failed will be opened again. */
  repeats(): void {
    this.#openings++;
    this.#repetitions++;
  }

  /** Another member is opened. */
  moves(from: Member<SpeechToText>): void {
    this.failed.add(from);
    this.#openings = 1;
    this.#repetitions = 0;
  }
}
