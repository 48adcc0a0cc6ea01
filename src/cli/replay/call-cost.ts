/** What a call cost, from the usage in its events. */
import type { SessionEvent } from '../../events/session-event.js';
import { printable } from '../../events/sys-log.js';
import { sumOfUsage, type Usage, type UsageEntry } from '../../metrics/usage-ledger.js';

/** Adds up the cost of calls, and stops them beyond a budget. */
export class CallCost {
  /** Aborts once the budget is exceeded. */
  readonly exceeded = new AbortController();
  readonly #budgetUsd: number | null;
  readonly #usages: Usage[] = [];

  /** `budgetUsd`: the most that all calls together may cost, in US dollars; null for no limit. */
  constructor(budgetUsd: number | null) {
    this.#budgetUsd = budgetUsd;
  }

  take(event: SessionEvent): void {
    if ((event.type !== 'turn.end' && event.type !== 'session.end') || !event.usage) return;
    this.#usages.push(event.usage);
    const { usd } = this.#total;
    if (this.#budgetUsd !== null && usd !== null && usd > this.#budgetUsd) this.exceeded.abort();
  }

  /** Why the calls were stopped; null if they were not. */
  get problem(): string | null {
    const { usd } = this.#total;
    if (this.#budgetUsd === null || usd === null || !this.exceeded.signal.aborted) return null;
    return `the cost so far, ${dollars(usd)}, exceeds the budget of ${dollars(this.#budgetUsd)}: raise --budget, or play fewer recordings.`;
  }

  /** A warning that the budget cannot be kept; null if it can. */
  get warning(): string | null {
    const { absent } = this.#total;
    if (this.#budgetUsd === null || absent.length === 0) return null;
    return `--budget leaves out what has no known price: ${absent.map(printable).join(', ')}. Set \`prices\` in the config.`;
  }

  /** The lines of the report; none if there is nothing to pay for. */
  lines(): readonly string[] {
    const total = this.#total;
    if (!total.entries.some(isPaid)) return [];
    return [`Cost: ${costText(total)}`, ...total.entries.map((entry) => `  ${entryText(entry)}`)];
  }

  get #total(): Usage {
    return sumOfUsage(this.#usages);
  }
}

/** Whether somebody charges for it: not for the embedded providers, nor for the user's own objects, which name no model. */
function isPaid({ usd, model }: UsageEntry): boolean {
  return usd === null ? model !== null : usd > 0;
}

function costText({ usd, absent, estimated }: Usage): string {
  const about = estimated ? 'about ' : '';
  const without = absent.length > 0 ? `; no price is known of ${absent.map(printable).join(', ')}` : '';
  return usd === null ? `not known${without}` : `${about}${dollars(usd)}${without}`;
}

function entryText(entry: UsageEntry): string {
  const name = printable(entry.model === null ? entry.provider : `${entry.provider}/${entry.model}`);
  const cost = entry.usd === null ? 'no price' : dollars(entry.usd);
  const wasted = entry.wasted ? ', for early answers that were dropped' : '';
  return `${entry.kind} ${name}: ${amountText(entry)}, ${cost}${wasted}`;
}

function amountText(entry: UsageEntry): string {
  switch (entry.kind) {
    case 'stt':
      return `${entry.seconds.toFixed(1)} s`;
    case 'llm': {
      const { requests, inputTokens, cachedInputTokens, outputTokens, reasoningTokens } = entry;
      const cached = cachedInputTokens > 0 ? ` (${cachedInputTokens} cached)` : '';
      const reasoned = reasoningTokens > 0 ? ` (${reasoningTokens} reasoning)` : '';
      const estimated = entry.estimatedRequests > 0 ? `, ${entry.estimatedRequests} of them estimated` : '';
      return `${requests} request${requests === 1 ? '' : 's'}${estimated}, ${inputTokens} tokens in${cached}, ${outputTokens} out${reasoned}`;
    }
    case 'tts':
      return `${entry.characters} characters, ${entry.seconds.toFixed(1)} s`;
  }
}

/** Small amounts need more digits than cents. */
function dollars(usd: number): string {
  if (usd === 0) return '$0';
  if (usd < 0.00001) return 'less than $0.00001';
  return `$${usd.toFixed(usd < 0.1 ? 5 : 2)}`;
}
