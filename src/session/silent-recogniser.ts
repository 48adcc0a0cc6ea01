/** What makes a recogniser's silence suspicious. */
export interface SilenceLimits {
  /** Speech without a word, over all its stretches. */
  readonly speechMs: number;
  /** How many stretches of speech that was, at least: one long noise is no evidence. */
  readonly stretches: number;
}

const defaultSilenceLimits: SilenceLimits = { speechMs: 4000, stretches: 2 };

/**
 * Notices a recogniser that takes audio, reports no error and never gives a word, as one does that was told the wrong
 * encoding or rate: the detector hears speech, and all transcripts stay empty. Says so once until there are words again.
 */
export class SilentRecogniser {
  readonly #limits: SilenceLimits;
  #speechMs = 0;
  #stretches = 0;
  #told = false;

  constructor(limits: SilenceLimits = defaultSilenceLimits) {
    this.#limits = limits;
  }

  /** Words came. */
  heardWords(): void {
    this.#speechMs = 0;
    this.#stretches = 0;
    this.#told = false;
  }

  /** A stretch of speech ended. Returns the speech without a word so far, where it is time to say so; else null. */
  speechEnded(durationMs: number): number | null {
    this.#speechMs += Math.max(0, durationMs);
    this.#stretches++;
    const { speechMs, stretches } = this.#limits;
    if (this.#told || this.#speechMs < speechMs || this.#stretches < stretches) return null;
    this.#told = true;
    return this.#speechMs;
  }
}
