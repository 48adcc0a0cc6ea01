import type { OnUsage, ProviderUsage } from '../../metrics/provider-usage.js';

/**
 * Passes on what a candidate reports of one request or stream. A candidate that reports nothing, as one of the user's own
 * may, is counted here.
 */
export class UsageWatch<Usage extends ProviderUsage> {
  readonly #onUsage: OnUsage<Usage> | undefined;
  #hasReported = false;
  #ended = false;

  constructor(onUsage: OnUsage<Usage> | undefined) {
    this.#onUsage = onUsage;
  }

  readonly onUsage: OnUsage<Usage> = (usage) => {
    // What was counted here already must not be counted again.
    if (this.#ended && !this.#hasReported) return;
    this.#hasReported = true;
    this.#onUsage?.(usage);
  };

  /** The request or stream is over: reports `counted`, unless the candidate has reported anything itself. */
  end(counted: () => Usage | null): void {
    if (this.#ended) return;
    const usage = this.#hasReported ? null : counted();
    // A candidate that was not used may still report.
    this.#ended = usage !== null;
    if (usage) this.#onUsage?.(usage);
  }
}
