import type { Clock, Timer } from '../../core/clock.js';
import type { Heard, HeardMark } from '../transport.js';
import type { PendingCut, PlayoutLedger } from './playout-ledger.js';

/** A pause is answered within this time: measured, else estimated. */
const sentinelTimeoutMs = 250;

interface AwaitedCut {
  readonly resolve: (heard: Heard) => void;
  readonly timer: Timer;
}

/** The cuts of a playout whose sentinel was sent and not echoed. */
export class AwaitedCuts {
  readonly #clock: Clock;
  readonly #ledger: PlayoutLedger;
  readonly #onHeard: (heard: readonly HeardMark[]) => void;
  readonly #cuts = new Map<PendingCut, AwaitedCut>();

  /** Calls `onHeard` with the watched positions that a cut turns out to have reached. */
  constructor(clock: Clock, ledger: PlayoutLedger, onHeard: (heard: readonly HeardMark[]) => void) {
    this.#clock = clock;
    this.#ledger = ledger;
    this.#onHeard = onHeard;
  }

  /** Resolves with the heard position when the cut is settled, or with an estimate when its echo is late. */
  wait(cut: PendingCut): Promise<Heard> {
    return new Promise((resolve) => {
      const timer = this.#clock.setTimer(sentinelTimeoutMs, () =>
        this.settle(cut, this.#ledger.estimate(cut)),
      );
      this.#cuts.set(cut, { resolve, timer });
    });
  }

  settle(cut: PendingCut, outcome: { readonly at: Heard; readonly heard: readonly HeardMark[] }): void {
    const awaited = this.#cuts.get(cut);
    this.#cuts.delete(cut);
    awaited?.timer.cancel();
    this.#onHeard(outcome.heard);
    awaited?.resolve(outcome.at);
  }

  /** Settles all by estimates: their echoes will not come. */
  settleAll(): void {
    for (const cut of [...this.#cuts.keys()]) this.settle(cut, this.#ledger.estimate(cut));
  }
}
