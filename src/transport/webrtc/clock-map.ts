/**
 * The page's clock seen from the relay, as NTP (RFC 5905, section 8) does it: of a question and its answer, four times;
 * the offset is exact to half of what the round trip took. Of the latest exchanges the quickest counts, so that one that
 * waited in a queue does not move the clock.
 */

/** One exchange. Times of the page are on its clock, the others on the relay's. */
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

/** Exchanges that are remembered: half a minute of them, in which two clocks drift apart by a millisecond at most. */
const remembered = 32;

export class ClockMap {
  readonly #samples: ClockSample[] = [];
  #best: ClockSample | null = null;

  /** Round trip of the exchange that counts, without the page's own time; null before the first. */
  get roundTripMs(): number | null {
    return this.#best?.roundTripMs ?? null;
  }

  /** Takes an exchange. Returns whether it is possible: no time goes back in it. */
  add({ askedMs, receivedPageMs, sentPageMs, answeredMs }: ClockExchange): boolean {
    const pageTookMs = sentPageMs - receivedPageMs;
    const roundTripMs = answeredMs - askedMs - pageTookMs;
    if (!(pageTookMs >= 0) || !(roundTripMs >= 0)) return false;
    const offsetMs = (askedMs - receivedPageMs + (answeredMs - sentPageMs)) / 2;
    this.#samples.push({ offsetMs, roundTripMs });
    if (this.#samples.length > remembered) this.#samples.shift();
    this.#best = this.#samples.reduce((best, sample) =>
      sample.roundTripMs <= best.roundTripMs ? sample : best,
    );
    return true;
  }

  /** A time of the page on the relay's clock; null before the first exchange. */
  toRelayMs(pageMs: number): number | null {
    return this.#best && pageMs + this.#best.offsetMs;
  }
}
