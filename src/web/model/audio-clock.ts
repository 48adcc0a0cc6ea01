/**
 * Maps the audio graph's clock to the page's. The graph counts samples, which become audible a little later. The browser
 * reports that moment as a pair of both clocks (Web Audio API, 1.2.1, `getOutputTimestamp`). Single pairs are rounded to the
 * sound card's buffers; the median over some seconds is exact.
 */

/** Number of pairs kept: the clocks drift by less than half a millisecond in that time. */
const maxPairs = 41;

export class AudioClock {
  /** Page time minus graph time, for the latest pairs. */
  readonly #offsetsMs: number[] = [];

  /** Takes a pair: the graph's sample at `contextSeconds` is audible at `pageMs`. Pairs of a stopped clock are ignored. */
  observe(contextSeconds: number, pageMs: number): void {
    if (contextSeconds <= 0 || pageMs <= 0) return;
    this.#offsetsMs.push(pageMs - contextSeconds * 1000);
    if (this.#offsetsMs.length > maxPairs) this.#offsetsMs.shift();
  }

  /** Forgets all pairs, because the graph was stopped or plays on another device. */
  reset(): void {
    this.#offsetsMs.length = 0;
  }

  /** Page time of `contextSeconds`; null before the first pair. */
  pageMs(contextSeconds: number): number | null {
    if (this.#offsetsMs.length === 0) return null;
    const sorted = this.#offsetsMs.toSorted((a, b) => a - b);
    const median = sorted[sorted.length >> 1] ?? 0;
    return contextSeconds * 1000 + median;
  }
}
