/** A connection that has been open this long works, even if nothing has been said on it. */
const provenAfterMs = 2000;

/**
 * The signs of life that a recogniser has given on one stream. It may be silent while nobody speaks, so what counts is whether anything
 * came since a given moment, not how often.
 */
export class Liveness {
  /** When it gave its first sign of life, if only that it listens. */
  #firstMs: number | null = null;
  /** When it last said something about the audio. */
  #lastMs: number | null = null;

  /** Whether it has said anything about the audio. */
  get hasSpoken(): boolean {
    return this.#lastMs !== null;
  }

  /** It is connected. */
  listens(nowMs: number): void {
    this.#firstMs ??= nowMs;
  }

  /** It has said something about the audio. */
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
