/**
 * Maps the audio graph's clock to the page's. The graph counts samples; what it renders becomes audible a little later,
 * at a moment that the browser reports as a pair of both clocks (Web Audio API, 1.2.1, `getOutputTimestamp`). Single pairs are
 * rounded to the sound card's buffers; the median over some seconds is not.
 */

/** Pairs that count: the clocks drift apart by less than half a millisecond meanwhile. */
const maxPairs = 41;

export class AudioClock {
  /** Page time less audible graph time, of the latest pairs. */
  readonly #offsetsMs: number[] = [];

  /** Takes a pair: the graph's sample at `contextSeconds` is audible at `pageMs`. A clock that stands still says nothing. */
  observe(contextSeconds: number, pageMs: number): void {
    if (contextSeconds <= 0 || pageMs <= 0) return;
    this.#offsetsMs.push(pageMs - contextSeconds * 1000);
    if (this.#offsetsMs.length > maxPairs) this.#offsetsMs.shift();
  }

  /** Forgets what it knew: the graph stood still meanwhile, or plays on another device. */
  reset(): void {
    this.#offsetsMs.length = 0;
  }

  /** When the graph is at `contextSeconds`, on the page’s clock; null as long as nothing is known. */
  pageMs(contextSeconds: number): number | null {
    if (this.#offsetsMs.length === 0) return null;
    const sorted = this.#offsetsMs.toSorted((a, b) => a - b);
    const median = sorted[sorted.length >> 1] ?? 0;
    return contextSeconds * 1000 + median;
  }
}
