/** What vendors charge, and what a use of them costs. All prices are in US dollars. */
import type { ProviderKind } from '../core/errors.js';
import type { LlmUsage, ProviderUsage } from './provider-usage.js';

/** A price of recognition: for each minute of audio. */
export interface SttPrice {
  readonly perMinute: number;
}

/** A price of a model: for each million tokens. */
export interface LlmPrice {
  readonly inputPerMillion: number;
  /** @default `inputPerMillion` */
  readonly cachedInputPerMillion?: number;
  /** @default `inputPerMillion` */
  readonly cacheWritePerMillion?: number;
  /** Reasoning included. */
  readonly outputPerMillion: number;
}

/** A price of a voice: for each thousand characters of text, for each minute of audio, or for both. */
export interface TtsPrice {
  readonly perThousandCharacters?: number;
  readonly perMinute?: number;
}

/** The price for each kind of provider. */
export interface PriceOf {
  readonly stt: SttPrice;
  readonly llm: LlmPrice;
  readonly tts: TtsPrice;
}

/**
 * Prices by `provider/model`, by `provider/` and the beginning of a model's name with a `*`, or by `provider` alone; the
 * most exact one counts.
 */
export type Prices = {
  readonly [Kind in ProviderKind]?: Readonly<Record<string, PriceOf[Kind]>>;
};

/** The price of a provider's model in the first table that has one; null if none has. */
export function priceOf<Kind extends ProviderKind>(
  kind: Kind,
  { provider, model = '' }: Pick<ProviderUsage, 'provider' | 'model'>,
  tables: readonly Prices[],
): PriceOf[Kind] | null {
  for (const table of tables) {
    const prices: Readonly<Record<string, PriceOf[Kind]>> = table[kind] ?? {};
    const names = Object.keys(prices).filter((name) => covers(name, provider, model));
    // The longest name is the most exact one; an exact one is longer than its beginning.
    const [best] = names.sort((a, b) => exactness(b) - exactness(a));
    if (best !== undefined) return prices[best] ?? null;
  }
  return null;
}

function covers(name: string, provider: string, model: string): boolean {
  if (name === provider || name === `${provider}/${model}`) return true;
  return name.endsWith('*') && `${provider}/${model}`.startsWith(name.slice(0, -1));
}

function exactness(name: string): number {
  return name.endsWith('*') ? name.length - 1.5 : name.length;
}

/** What a use costs, in US dollars; null without a price. */
export function costOf(usage: ProviderUsage, tables: readonly Prices[]): number | null {
  switch (usage.kind) {
    case 'stt': {
      const price = priceOf('stt', usage, tables);
      return price && (usage.seconds / 60) * price.perMinute;
    }
    case 'llm': {
      const price = priceOf('llm', usage, tables);
      return price && tokensCost(usage, price);
    }
    case 'tts': {
      const price = priceOf('tts', usage, tables);
      if (!price) return null;
      const { perThousandCharacters = 0, perMinute = 0 } = price;
      return (usage.characters / 1000) * perThousandCharacters + (usage.seconds / 60) * perMinute;
    }
  }
}

function tokensCost(usage: LlmUsage, price: LlmPrice): number {
  const { inputTokens, cachedInputTokens = 0, cacheWriteTokens = 0, outputTokens } = usage;
  const { inputPerMillion, outputPerMillion } = price;
  const { cachedInputPerMillion = inputPerMillion, cacheWritePerMillion = inputPerMillion } = price;
  const plainTokens = Math.max(0, inputTokens - cachedInputTokens - cacheWriteTokens);
  const dollars =
    plainTokens * inputPerMillion +
    cachedInputTokens * cachedInputPerMillion +
    cacheWriteTokens * cacheWritePerMillion +
    outputTokens * outputPerMillion;
  return dollars / 1_000_000;
}
