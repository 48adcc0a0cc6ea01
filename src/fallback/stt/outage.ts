import type { ProviderError } from '../../core/errors.js';
import type { Candidate } from '../policy/candidate.js';
import { retryDelayMs, type Supervision } from '../policy/supervision.js';
import type { SpeechToText } from '../../providers/speech-to-text.js';

/** The time from the failure of a stream until a replacement has proven that it works. */
export class Outage {
  readonly sinceMs: number;
  /** Candidates that have failed during it. */
  readonly failed = new Set<Candidate<SpeechToText>>();
  readonly #supervision: Supervision;
  readonly #random: () => number;
  #openings: number;
  #repetitions = 0;

  /** `openings`: how often the first failed candidate has been opened without success. */
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

  /** The number of the next repetition at the same candidate, from 1. */
  get repetition(): number {
    return this.#repetitions + 1;
  }

  /** How long to wait before the failed candidate is opened again; null if another should be opened. */
  repeatInMs(error: ProviderError, nowMs: number): number | null {
    const { attempts, budgetMs } = this.#supervision;
    if (!error.retryable || this.#openings >= attempts) return null;
    const delayMs = retryDelayMs(this.#supervision, this.repetition, error.retryAfterMs, this.#random);
    return nowMs + delayMs - this.sinceMs > budgetMs ? null : delayMs;
  }

  /** The candidate that failed will be opened again. */
  repeats(): void {
    this.#openings++;
    this.#repetitions++;
  }

  /** Another candidate is opened. */
  moves(from: Candidate<SpeechToText>): void {
    this.failed.add(from);
    this.#openings = 1;
    this.#repetitions = 0;
  }
}
