import type { LlmUsage, ProviderUsage, SttUsage, TtsUsage } from './provider-usage.js';
import { costOf, type Prices } from './prices.js';

interface Entry {
  /** The provider's name. */
  readonly provider: string;
  /** Null if the provider named none. */
  readonly model: string | null;
  /** Whether it was used for an answer that was begun before the turn was certain, and then dropped. */
  readonly wasted: boolean;
  /** In US dollars; null if no price is known. */
  readonly usd: number | null;
}

/** What one model of one vendor was used for. */
export type UsageEntry = Entry &
  (
    | Pick<SttUsage, 'kind' | 'seconds'>
    | (Omit<Required<LlmUsage>, 'provider' | 'model' | 'estimated'> & {
        readonly requests: number;
        /** The requests whose figures are estimated, because the vendor did not report them. */
        readonly estimatedRequests: number;
      })
    | Pick<TtsUsage, 'kind' | 'characters' | 'seconds'>
  );

/** What a turn or a call was charged for. */
export interface Usage {
  /** By kind, vendor and model, in the order of first use; what was wasted has entries of its own. */
  readonly entries: readonly UsageEntry[];
  /** The sum of all known costs, in US dollars; null if no price is known. */
  readonly usd: number | null;
  /** Whose price is not known, as `vendor/model`: their cost is not part of `usd`. */
  readonly absent: readonly string[];
  /** Whether part of `usd` is estimated. */
  readonly estimated: boolean;
}

export const noUsage: Usage = { entries: [], usd: null, absent: [], estimated: false };

/** Adds up the reports of providers. */
export class UsageLedger {
  readonly #prices: readonly Prices[];
  readonly #total = new Map<string, UsageEntry>();
  #recent = new Map<string, UsageEntry>();

  /** `prices`: the tables, of which the first counts that has a price. */
  constructor(prices: readonly Prices[]) {
    this.#prices = prices;
  }

  /** `wasted`: for an answer that was dropped before its turn was certain. */
  add(usage: ProviderUsage, wasted: boolean): void {
    const entry = entryOf(usage, wasted, costOf(usage, this.#prices));
    addTo(this.#total, entry);
    addTo(this.#recent, entry);
  }

  /** Everything so far. */
  get total(): Usage {
    return usageOf(this.#total);
  }

  /** What was added since the last call. */
  take(): Usage {
    const recent = usageOf(this.#recent);
    this.#recent = new Map();
    return recent;
  }
}

/** The sum of several. */
export function sumOfUsage(usages: readonly Usage[]): Usage {
  const sums = new Map<string, UsageEntry>();
  for (const entry of usages.flatMap(({ entries }) => entries)) addTo(sums, entry);
  return usageOf(sums);
}

function addTo(sums: Map<string, UsageEntry>, entry: UsageEntry): void {
  const key = [entry.kind, entry.provider, entry.model, entry.wasted].join(' ');
  const before = sums.get(key);
  sums.set(key, before ? sum(before, entry) : entry);
}

function entryOf(usage: ProviderUsage, wasted: boolean, usd: number | null): UsageEntry {
  const entry = { provider: usage.provider, model: usage.model ?? null, wasted, usd };
  switch (usage.kind) {
    case 'stt':
      return { kind: 'stt', ...entry, seconds: usage.seconds };
    case 'llm':
      return {
        kind: 'llm',
        ...entry,
        requests: 1,
        estimatedRequests: usage.estimated === true ? 1 : 0,
        inputTokens: usage.inputTokens,
        cachedInputTokens: usage.cachedInputTokens ?? 0,
        cacheWriteTokens: usage.cacheWriteTokens ?? 0,
        outputTokens: usage.outputTokens,
        reasoningTokens: usage.reasoningTokens ?? 0,
      };
    case 'tts':
      return { kind: 'tts', ...entry, characters: usage.characters, seconds: usage.seconds };
  }
}

/** Both are of the same kind, vendor and model. A cost is not known if one of its parts is not. */
function sum(a: UsageEntry, b: UsageEntry): UsageEntry {
  const added = Object.entries(b).map(([name, value]: [string, unknown]) => {
    const before = (a as unknown as Readonly<Record<string, unknown>>)[name];
    if (before === null) return [name, null];
    return [name, typeof value === 'number' && typeof before === 'number' ? before + value : value];
  });
  return Object.fromEntries(added) as UsageEntry;
}

function usageOf(sums: ReadonlyMap<string, UsageEntry>): Usage {
  const entries = [...sums.values()];
  const known = entries.flatMap(({ usd }) => usd ?? []);
  const without = entries.flatMap(({ usd, provider, model }) =>
    usd === null ? [model === null ? provider : `${provider}/${model}`] : [],
  );
  return {
    entries,
    usd: known.length === 0 ? null : known.reduce((total, usd) => total + usd, 0),
    absent: [...new Set(without)],
    estimated: entries.some(
      (entry) => entry.kind === 'llm' && entry.estimatedRequests > 0 && (entry.usd ?? 0) > 0,
    ),
  };
}
