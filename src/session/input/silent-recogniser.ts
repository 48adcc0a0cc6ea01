/** Limits after which a recogniser without words is reported. */
export interface SilenceLimits {
  /** Total speech without a word, over all stretches of speech. */
  readonly speechMs: number;
  /** Minimum number of stretches of speech: one long noise is no evidence. */
  readonly stretches: number;
}

const defaultSilenceLimits: SilenceLimits = { speechMs: 4000, stretches: 2 };

/**
 * Detects a recogniser that takes audio, reports no error and gives no words, for example because its encoding or
 * sample rate is wrong: the detector sees speech, but all transcripts are empty. Reports it once until words arrive.
 */
export class SilentRecogniser {
  readonly #limits: SilenceLimits;
  #speechMs = 0;
  #stretches = 0;
  #reported = false;

  constructor(limits: SilenceLimits = defaultSilenceLimits) {
    this.#limits = limits;
  }

  /** The recogniser gave words. */
  heardWords(): void {
    this.#speechMs = 0;
    this.#stretches = 0;
    this.#reported = false;
  }

  /** A stretch of speech ended. Returns the total speech without a word if that is to be reported now, else null. */
  speechEnded(durationMs: number): number | null {
    this.#speechMs += Math.max(0, durationMs);
    this.#stretches++;
    const { speechMs, stretches } = this.#limits;
    if (this.#reported || this.#speechMs < speechMs || this.#stretches < stretches) return null;
    this.#reported = true;
    return this.#speechMs;
  }
}
