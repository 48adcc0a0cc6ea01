import type { LlmUsage } from '../../metrics/provider-usage.js';
import type { GeminiAnswer } from './gemini-answer.js';

/**
 * What a request used: the last report of the service. If the answer was cut, that report lacks what came behind it, and is
 * marked as an estimate; without any report, the input is a quarter of the characters that were sent.
 */
export function usageReport(
  { usage, pieces }: Pick<GeminiAnswer, 'usage' | 'pieces'>,
  { sentChars, isComplete }: { readonly sentChars: number; readonly isComplete: boolean },
): Omit<LlmUsage, 'kind' | 'provider' | 'model'> {
  const isExact = isComplete && usage !== null;
  const { inputTokens = Math.ceil(sentChars / 4), cachedInputTokens = 0, reasoningTokens = 0 } = usage ?? {};
  const reported = usage?.outputTokens ?? 0;
  return {
    inputTokens,
    ...(cachedInputTokens > 0 && { cachedInputTokens }),
    outputTokens: isExact ? reported : Math.max(reported, pieces),
    ...(reasoningTokens > 0 && { reasoningTokens }),
    ...(!isExact && { estimated: true }),
  };
}
