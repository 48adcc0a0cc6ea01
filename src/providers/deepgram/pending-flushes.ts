/**
 * Deepgram's own end of speech answers a pending flush if it lies at most this long before it: the flush follows some
 * silence, so all words are in.
 */
const endpointSlackSec = 0.5;
/** Deepgram rounds its times: positions this close together count as equal. */
export const roundingSec = 0.1;

/** The positions of unanswered flushes, oldest first. */
export class PendingFlushes {
  readonly #positionsSec: number[] = [];

  get count(): number {
    return this.#positionsSec.length;
  }

  get latestSec(): number | undefined {
    return this.#positionsSec.at(-1);
  }

  get oldestSec(): number | undefined {
    return this.#positionsSec[0];
  }

  add(atSec: number): void {
    this.#positionsSec.push(atSec);
  }

  /** Removes the oldest flush and returns its position. */
  shift(): number | undefined {
    return this.#positionsSec.shift();
  }

  /** Removes the flushes that are answered by audio up to `untilSec`, and returns their positions. */
  settle(untilSec: number): readonly number[] {
    return this.#takeUntil(untilSec + roundingSec);
  }

  /** The same for an end of speech that Deepgram detected by itself. */
  settleByEndpoint(untilSec: number): readonly number[] {
    return this.#takeUntil(untilSec + endpointSlackSec);
  }

  #takeUntil(untilSec: number): readonly number[] {
    const waiting = this.#positionsSec.findIndex((atSec) => atSec > untilSec);
    return this.#positionsSec.splice(0, waiting === -1 ? this.#positionsSec.length : waiting);
  }
}
