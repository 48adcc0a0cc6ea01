/**
 * Deepgram's own end of speech, seen while a flush waits, answers it if it lies no further before the flush than this:
 * the flush came after some silence, so the words are all in.
 */
const endpointSlackSec = 0.5;
/** Deepgram rounds its times: positions that are no further apart are the same. */
export const roundingSec = 0.1;

/** The positions of the flushes that wait for an answer, oldest first. */
export class PendingFlushes {
  readonly #positionsSec: number[] = [];

  get count(): number {
    return this.#positionsSec.length;
  }

  get latestSec(): number | undefined {
    return this.#positionsSec.at(-1);
  }

  add(atSec: number): void {
    this.#positionsSec.push(atSec);
  }

  /** Takes the oldest out, and gives its position. */
  shift(): number | undefined {
    return this.#positionsSec.shift();
  }

  /** Takes out what audio up to `untilSec` answers, and gives their positions. */
  settle(untilSec: number): readonly number[] {
    return this.#takeUntil(untilSec + roundingSec);
  }

  /** The same for an end of speech that Deepgram noticed by itself. */
  settleByEndpoint(untilSec: number): readonly number[] {
    return this.#takeUntil(untilSec + endpointSlackSec);
  }

  #takeUntil(untilSec: number): readonly number[] {
    const waiting = this.#positionsSec.findIndex((atSec) => atSec > untilSec);
    return this.#positionsSec.splice(0, waiting === -1 ? this.#positionsSec.length : waiting);
  }
}
