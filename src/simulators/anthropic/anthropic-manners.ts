import { seededRandom } from '../seeded-random.js';

/** The shapes in which the service and its gateways send the same answer. */
export const anthropicManners = [
  // https://platform.claude.com/docs/en/build-with-claude/streaming
  'documented',
  // "Event streams may also include any number of ping events", on the same page.
  'many_pings',
  // Thinking in full or as a summary, before the text: "Extended thinking", on the same page.
  'thinking',
  // The default of newer models: a block without text, with a signature (…/build-with-claude/thinking, display).
  'omitted_thinking',
  // …/build-with-claude/extended-thinking, redacted thinking blocks
  'redacted_thinking',
  // refusal_response.txt among the fixtures of anthropics/anthropic-sdk-python
  'empty_text_block',
  // usage_omitted_response.txt and missing_usage_response.txt there: `message_start` without usage
  'usage_at_end',
  // message_delta_omitted_usage_response.txt there: `message_delta` with the output alone
  'output_at_end',
  // out_of_order_response.txt there: blocks that are not numbered from 0
  'sparse_indices',
  // "we may add new event types", …/api/versioning; fallback_response.txt there has a block of a new type
  'unknown_events',
  // "One or more message_delta events", on the page about streaming
  'two_message_deltas',
  // Gateways that send the stream as text/plain: containers/ramalama pull request 2902. Each answer has another type in turn:
  // text/plain, none, application/octet-stream.
  'other_content_type',
] as const;

export type AnthropicManner = (typeof anthropicManners)[number];

/** Returns the manner of each answer in turn; `random` draws the same sequence for the same seed. */
export function mannersInTurn(manners: AnthropicManner | 'random', seed: number): () => AnthropicManner {
  if (manners !== 'random') return () => manners;
  const random = seededRandom(seed);
  return () => anthropicManners[Math.floor(random() * anthropicManners.length)] ?? 'documented';
}
