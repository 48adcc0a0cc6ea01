/**
 * Maps the page's clock to the relay's, as NTP does (RFC 5905, section 8): a question and its answer give four times,
 * and an offset that is exact to half the round trip. The quickest of the latest exchanges counts, so an exchange that
 * waited in a queue does not move the clock.
 */

/** One exchange. `…PageMs` are on the page's clock, the others on the relay's. */
export interface ClockExchange {
  readonly askedMs: number;
  readonly receivedPageMs: number;
  readonly sentPageMs: number;
  readonly answeredMs: number;
}

interface ClockSample {
  readonly offsetMs: number;
  readonly roundTripMs: number;
}

/** Number of remembered exchanges: half a minute, in which two clocks drift apart by at most a millisecond. */
const remembered = 32;
/** Firefox rounds to 100 ms where it resists fingerprinting, and to 1 ms else. */
const coarsestClockMs = 100;

export class ClockMap {
  readonly #samples: ClockSample[] = [];
  #best: ClockSample | null = null;

  /** Round trip of the best exchange, without the page's own time; null before the first. */
  get roundTripMs(): number | null {
    return this.#best?.roundTripMs ?? null;
  }

  /**
   * Adds an exchange. Returns false for an impossible one, in which time goes back. One that seems to take less than no time
   * because the page's clock is coarse teaches nothing, and is left out.
   */
  add({ askedMs, receivedPageMs, sentPageMs, answeredMs }: ClockExchange): boolean {
    const pageTookMs = sentPageMs - receivedPageMs;
    const roundTripMs = answeredMs - askedMs - pageTookMs;
    if (!(pageTookMs >= 0) || !(roundTripMs >= -coarsestClockMs)) return false;
    if (roundTripMs < 0) return true;
    const offsetMs = (askedMs - receivedPageMs + (answeredMs - sentPageMs)) / 2;
    this.#samples.push({ offsetMs, roundTripMs });
    if (this.#samples.length > remembered) this.#samples.shift();
    this.#best = this.#samples.reduce((best, sample) =>
      sample.roundTripMs <= best.roundTripMs ? sample : best,
    );
    return true;
  }

  /** Converts a page time to the relay's clock; null before the first exchange. */
  toRelayMs(pageMs: number): number | null {
    return this.#best && pageMs + this.#best.offsetMs;
  }
}
