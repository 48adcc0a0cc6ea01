import type { SimulatedClaude } from './anthropic-models.js';
import { blocksOf, type AnthropicBody } from './anthropic-request.js';

/** What the service knows of an answer with thinking. */
export interface ThoughtfulAnswer {
  readonly thoughts: readonly object[];
  readonly callIds: readonly string[];
}

/** Whether the model thinks before it answers this request. */
export function isThinking(model: SimulatedClaude, { thinking }: AnthropicBody): boolean {
  if (!thinking) return model.thinksUnasked;
  return thinking.type === 'adaptive' || thinking.type === 'enabled';
}

/**
 * Why the service refuses what the request says of thinking, sampling and tools; null if it does not.
 *
 * Sources: https://platform.claude.com/docs/en/api/errors, …/build-with-claude/thinking, …/api/migration-2026-10-21; words of
 * the refusals from cline/cline issue 13203, docker/docker-agent issue 3362, Kilo-Org/kilocode issue 5219,
 * tailcallhq/forgecode issue 1853 and HKUDS/nanobot pull request 3297
 */
export function modelRefusal(model: SimulatedClaude, body: AnthropicBody, version: string): string | null {
  return (
    thinkingRefusal(model, body) ??
    samplingRefusal(model, body, version) ??
    toolRefusal(model, body) ??
    prefillRefusal(model, body)
  );
}

function thinkingRefusal(
  model: SimulatedClaude,
  { thinking, output_config: config, max_tokens }: AnthropicBody,
): string | null {
  if (config?.effort !== undefined && !model.takesEffort)
    return 'This model does not support the effort parameter.';
  if (!thinking) return null;
  const { type } = thinking;
  if (!model.thinking.includes(type))
    return type === 'adaptive'
      ? 'adaptive thinking is not supported on this model'
      : `"thinking.type.${type}" is not supported for this model.`;
  if (type === 'enabled' && thinking.budget_tokens >= max_tokens)
    return '`max_tokens` must be greater than `thinking.budget_tokens`.';
  const isHard = config?.effort === 'xhigh' || config?.effort === 'max';
  if (isHard && model.thinksUnasked && (type === 'disabled' || type === 'between_tools'))
    return `"thinking.type.${type}" is not supported at this effort.`;
  return null;
}

function samplingRefusal(model: SimulatedClaude, body: AnthropicBody, version: string): string | null {
  const { temperature, top_p: topP, top_k: topK } = body;
  const given = Object.entries({ temperature, top_p: topP, top_k: topK }).filter(
    ([, value]) => value !== undefined,
  );
  const [first] = given;
  if (!first) return null;
  if (version !== '2023-06-01') return `${first[0]}: Extra inputs are not permitted`;
  if (!model.takesSampling && (temperature ?? 1) !== 1)
    return '`temperature` is not supported by this model.';
  if (!model.takesSampling && topP !== undefined) return '`top_p` is not supported by this model.';
  if (temperature !== undefined && topP !== undefined)
    return '`temperature` and `top_p` cannot both be specified for this model. Please use only one.';
  if (isThinking(model, body) && (temperature ?? 1) !== 1)
    return '`temperature` may only be set to 1 when thinking is enabled.';
  return null;
}

function toolRefusal(model: SimulatedClaude, body: AnthropicBody): string | null {
  const type = body.tool_choice?.type;
  if (type !== 'any' && type !== 'tool') return null;
  if (!model.takesForcedTools) return `tool_choice: "${type}" is not supported for this model.`;
  return body.thinking && isThinking(model, body)
    ? 'Thinking may not be enabled when tool_choice forces tool use.'
    : null;
}

function prefillRefusal(model: SimulatedClaude, { messages }: AnthropicBody): string | null {
  const last = messages.at(-1);
  if (last?.role !== 'assistant') return null;
  const end = blocksOf(last).at(-1);
  if (end?.type === 'web_search_tool_result') return null;
  if (!model.takesPrefill)
    return 'This model does not support assistant message prefill. The conversation must end with a user message.';
  return end?.type === 'text' && /\s$/.test(end.text)
    ? 'messages: final assistant content cannot end with trailing whitespace'
    : null;
}

/**
 * Why the service refuses the thinking in the messages; null if it does not. Thinking of the current turn must come back
 * unchanged, in its place, and no other may.
 */
export function thoughtRefusal(
  model: SimulatedClaude,
  body: AnthropicBody,
  answers: readonly ThoughtfulAnswer[],
): string | null {
  const { messages } = body;
  const known = new Set(answers.flatMap(({ thoughts }) => thoughts.map((one) => JSON.stringify(one))));
  const lastWords = messages.findLastIndex(
    (message) => message.role === 'user' && blocksOf(message).some(({ type }) => type === 'text'),
  );
  for (const [index, message] of messages.entries()) {
    const blocks = blocksOf(message);
    const thoughts = blocks.filter(({ type }) => type === 'thinking' || type === 'redacted_thinking');
    const strange = thoughts.some((block) => !known.has(JSON.stringify(block)));
    if (strange) return `messages.${index}.content: Invalid \`signature\` in \`thinking\` block`;
    const calls = blocks.flatMap((block) => (block.type === 'tool_use' ? [block.id] : []));
    if (calls.length === 0 || index < lastWords) continue;
    if (body.thinking?.type === 'disabled' && !model.thinksUnasked && thoughts.length > 0)
      return `messages.${index}.content.0: When thinking is disabled, an \`assistant\` message in the final position cannot contain \`thinking\`.`;
    if (body.thinking?.type === 'enabled' && blocks[0] !== thoughts[0])
      return `messages.${index}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${blocks[0]?.type}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block.`;
    const answer = answers.find(({ callIds }) => calls.some((id) => callIds.includes(id)));
    if (answer && JSON.stringify(answer.thoughts) !== JSON.stringify(thoughts))
      return `messages.${index}.content: \`thinking\` or \`redacted_thinking\` blocks in the latest assistant message cannot be modified.`;
  }
  return null;
}
