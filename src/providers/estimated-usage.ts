import type { LlmUsage } from '../metrics/provider-usage.js';
import type { LlmRequest } from './language-model.js';

/** An estimate for a request whose server did not report its tokens: `pieces` of the answer have arrived. */
export function estimatedUsage(
  { messages, tools }: LlmRequest,
  pieces: number,
): Pick<LlmUsage, 'inputTokens' | 'outputTokens'> {
  const calls = messages.flatMap((message) =>
    message.role === 'assistant' ? (message.toolCalls ?? []) : [],
  );
  const characters =
    total(messages.map(({ content }) => content.length)) +
    total(calls.map((call) => call.name.length + call.arguments.length)) +
    (tools.length > 0 ? JSON.stringify(tools).length : 0);
  return { inputTokens: Math.ceil(characters / 4), outputTokens: pieces };
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
