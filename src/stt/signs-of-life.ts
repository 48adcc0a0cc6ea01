/** The least silence that means something, and how much more of it than usual. */
const leastPatienceMs = 600;
const patienceFactor = 1.5;
/** How much of the longest silence so far is still expected after one more sign. */
const memory = 0.8;

/**
 * When a recogniser last showed that it listens, and how often it usually does. Silence is counted only while it was given
 * audio, and never faster than time passes: neither a line that pauses nor audio that comes in one burst is its fault.
 */
export class SignsOfLife {
  #lastMs: number;
  #audioAtLastMs = 0;
  #audioMs = 0;
  #usualGapMs = 0;
  #any = false;

  constructor(startMs: number) {
    this.#lastMs = startMs;
  }

  /** Whether there was one. */
  get any(): boolean {
    return this.#any;
  }

  /** When the latest was, or the stream began. */
  get lastMs(): number {
    return this.#lastMs;
  }

  /** How long a silence must be to be suspicious while an answer is due. */
  get patienceMs(): number {
    return Math.max(leastPatienceMs, patienceFactor * this.#usualGapMs);
  }

  /** It was given so much audio. */
  given(audioMs: number): void {
    this.#audioMs += audioMs;
  }

  sign(nowMs: number): void {
    // What comes before the first sign is the time that a connection takes.
    if (this.#any) this.#usualGapMs = Math.max(this.silentMs(nowMs), memory * this.#usualGapMs);
    this.#any = true;
    this.#lastMs = nowMs;
    this.#audioAtLastMs = this.#audioMs;
  }

  silentMs(nowMs: number): number {
    return Math.min(nowMs - this.#lastMs, this.#audioMs - this.#audioAtLastMs);
  }
}
