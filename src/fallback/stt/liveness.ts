/** A connection that has been open this long works, even if no words have come. */
const provenAfterMs = 2000;

/**
 * Whether a recogniser's stream is alive. A recogniser may be silent while the caller is, so what counts is whether anything
 * came since a given time, not how often.
 */
export class Liveness {
  /** When its first event came. */
  #firstMs: number | null = null;
  /** When its last event about the audio came. */
  #lastMs: number | null = null;

  /** Whether any event about the audio came. */
  get hasSpoken(): boolean {
    return this.#lastMs !== null;
  }

  /** An event proved that it is connected. */
  listens(nowMs: number): void {
    this.#firstMs ??= nowMs;
  }

  /** An event about the audio came. */
  spoke(nowMs: number): void {
    this.listens(nowMs);
    this.#lastMs = nowMs;
  }

  hasSpokenSince(sinceMs: number): boolean {
    return this.#lastMs !== null && this.#lastMs > sinceMs;
  }

  /** Whether it works: it has spoken, or has been connected for a while. */
  isProven(nowMs: number): boolean {
    return this.hasSpoken || (this.#firstMs !== null && nowMs - this.#firstMs >= provenAfterMs);
  }
}
