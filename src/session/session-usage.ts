import type { Prices } from '../metrics/prices.js';
import type { UsageListener } from '../metrics/provider-usage.js';
import { UsageLedger, type Usage } from '../metrics/usage-ledger.js';

/** What a session's providers were used for. */
export class SessionUsage {
  readonly #ledger: UsageLedger;
  readonly #listeners: UsageListener[] = [];

  constructor(prices: readonly Prices[]) {
    this.#ledger = new UsageLedger(prices);
  }

  /** A provider has reported a use. */
  readonly report: UsageListener = (usage, wasted) => {
    this.#ledger.add(usage, wasted);
    for (const listener of this.#listeners) listener(usage, wasted);
  };

  /** Passes every later report to `listener`, which must not throw. */
  watch(listener: UsageListener): void {
    this.#listeners.push(listener);
  }

  /** Everything so far. */
  get total(): Usage {
    return this.#ledger.total;
  }

  /** What was reported since the last call. */
  take(): Usage {
    return this.#ledger.take();
  }
}
