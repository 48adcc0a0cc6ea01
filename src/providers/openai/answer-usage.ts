import type { LlmUsage } from '../../metrics/provider-usage.js';
import { fieldsOf, type WireFields } from './wire-value.js';

/** The tokens of one request. */
export type TokenCounts = Omit<LlmUsage, 'kind' | 'provider' | 'model' | 'estimated'>;

/**
 * The tokens that a message reports: `usage` of a chat completion's chunk, Groq's `x_groq.usage`, or the `usage` of a response.
 * Null if it reports none; most servers send `usage: null` until the last chunk.
 *
 * Sources: https://platform.openai.com/docs/api-reference/chat-streaming/streaming, vercel/ai issue 1651 (Groq), and
 * https://openrouter.ai/docs/use-cases/usage-accounting for `cache_write_tokens`
 */
export function usageOf(message: WireFields): TokenCounts | null {
  const usage =
    fieldsOf(message.usage) ??
    fieldsOf(fieldsOf(message.response)?.usage) ??
    fieldsOf(fieldsOf(message.x_groq)?.usage);
  const inputTokens = countOf(usage?.prompt_tokens ?? usage?.input_tokens);
  const outputTokens = countOf(usage?.completion_tokens ?? usage?.output_tokens);
  if (!usage || inputTokens === null || outputTokens === null) return null;
  const input = fieldsOf(usage.prompt_tokens_details ?? usage.input_tokens_details);
  const output = fieldsOf(usage.completion_tokens_details ?? usage.output_tokens_details);
  const cachedInputTokens = countOf(input?.cached_tokens);
  const cacheWriteTokens = countOf(input?.cache_write_tokens);
  const reasoningTokens = countOf(output?.reasoning_tokens);
  return {
    inputTokens,
    ...(cachedInputTokens && { cachedInputTokens }),
    ...(cacheWriteTokens && { cacheWriteTokens }),
    outputTokens,
    ...(reasoningTokens && { reasoningTokens }),
  };
}

function countOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;
}
