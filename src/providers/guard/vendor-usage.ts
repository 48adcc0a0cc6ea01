import type { OnUsage, ProviderUsage } from '../../metrics/provider-usage.js';
import { isObject } from '../shape.js';
import type { Vendor } from './vendor.js';

/** Passes on what a provider reports of its use, under its own name. What is no such report is dropped. */
export function vendorUsage<Usage extends ProviderUsage>(
  vendor: Vendor,
  onUsage: OnUsage<Usage> | undefined,
): OnUsage<Usage> | undefined {
  if (!onUsage) return undefined;
  // `unknown`, since the provider may come from JavaScript.
  return (given: unknown) => {
    const usage = isObject(given) ? usageOf(given, vendor) : null;
    if (usage) onUsage(usage as Usage);
  };
}

function usageOf(
  given: Readonly<Record<string, unknown>>,
  { kind, name, redact }: Vendor,
): ProviderUsage | null {
  const amount = (field: string): number => {
    const value = given[field];
    return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0;
  };
  const { model } = given;
  const used = { provider: name, ...(typeof model === 'string' && { model: redact(model) }) };
  switch (kind) {
    case 'stt':
      return { kind, ...used, seconds: amount('seconds') };
    case 'llm':
      return {
        kind,
        ...used,
        inputTokens: amount('inputTokens'),
        cachedInputTokens: amount('cachedInputTokens'),
        cacheWriteTokens: amount('cacheWriteTokens'),
        outputTokens: amount('outputTokens'),
        reasoningTokens: amount('reasoningTokens'),
        ...(given.estimated === true && { estimated: true }),
      };
    case 'tts':
      return { kind, ...used, characters: amount('characters'), seconds: amount('seconds') };
  }
}
