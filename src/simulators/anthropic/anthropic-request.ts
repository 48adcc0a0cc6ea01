import { z } from 'zod';
import type { ChatMessage, ToolDefinition } from '../../providers/language-model.js';

/** A request that the service refuses: its words, with status 400. */
export class Refused extends Error {}

const text = z.string();
const words = text.refine(
  (value) => value.trim() !== '',
  'text content blocks must contain non-whitespace text',
);
const cacheControl = z.strictObject({ type: z.literal('ephemeral'), ttl: z.enum(['5m', '1h']).optional() });
const mark = { cache_control: cacheControl.optional() };
const toolId = text.regex(/^[a-zA-Z0-9_-]+$/);

const textBlock = z.strictObject({ type: z.literal('text'), text: words, ...mark });
const toolUse = z.strictObject({
  type: z.literal('tool_use'),
  id: toolId,
  name: text.min(1).max(200),
  input: z.record(text, z.unknown()),
  caller: z.looseObject({ type: text }).optional(),
  ...mark,
});
const toolResult = z.strictObject({
  type: z.literal('tool_result'),
  tool_use_id: toolId,
  content: z.union([text, z.array(textBlock)]).optional(),
  is_error: z.boolean().optional(),
  ...mark,
});
const thinking = z.strictObject({ type: z.literal('thinking'), thinking: text, signature: text.min(1) });
const redacted = z.strictObject({ type: z.literal('redacted_thinking'), data: text.min(1) });
const serverBlock = z.looseObject({ type: z.enum(['server_tool_use', 'web_search_tool_result']) });

const message = z.discriminatedUnion('role', [
  z.strictObject({
    role: z.literal('user'),
    content: z.union([words, z.array(z.union([textBlock, toolResult])).min(1)]),
  }),
  z.strictObject({
    role: z.literal('assistant'),
    content: z.union([words, z.array(z.union([textBlock, toolUse, thinking, redacted, serverBlock])).min(1)]),
  }),
]);

const tool = z.strictObject({
  name: text.regex(/^[a-zA-Z0-9_-]{1,128}$/),
  description: text.optional(),
  input_schema: z.looseObject({ type: z.literal('object') }),
  ...mark,
});

const body = z.strictObject({
  model: text.min(1),
  max_tokens: z.number().int().min(1),
  messages: z.array(message).min(1),
  stream: z.literal(true),
  system: z.union([words, z.array(textBlock)]).optional(),
  tools: z.array(tool).optional(),
  tool_choice: z
    .discriminatedUnion('type', [
      z.strictObject({
        type: z.enum(['auto', 'any', 'none']),
        disable_parallel_tool_use: z.boolean().optional(),
      }),
      z.strictObject({ type: z.literal('tool'), name: text }),
    ])
    .optional(),
  temperature: z.number().min(0).max(1).optional(),
  top_p: z.number().min(0).max(1).optional(),
  top_k: z.number().int().optional(),
  thinking: z
    .discriminatedUnion('type', [
      z.strictObject({ type: z.enum(['disabled', 'between_tools']) }),
      z.strictObject({ type: z.literal('adaptive'), display: z.enum(['summarized', 'omitted']).optional() }),
      z.strictObject({
        type: z.literal('enabled'),
        budget_tokens: z.number().int().min(1024),
        display: z.enum(['summarized', 'omitted']).optional(),
      }),
    ])
    .optional(),
  output_config: z
    .looseObject({ effort: z.enum(['low', 'medium', 'high', 'xhigh', 'max']).optional() })
    .optional(),
  service_tier: z.enum(['auto', 'standard_only']).optional(),
  stop_sequences: z.array(words).optional(),
  metadata: z.looseObject({}).optional(),
  cache_control: cacheControl.optional(),
});

/** A request's body, with its fields checked. */
export type AnthropicBody = z.output<typeof body>;

type Block = Exclude<AnthropicBody['messages'][number]['content'], string>[number];

/** Reads a request's body. Throws {@link Refused} with the reason why the service would refuse it. */
export function readAnthropicBody(json: string): AnthropicBody {
  const result = body.safeParse(parsed(json));
  if (!result.success) throw new Refused(z.prettifyError(result.error));
  checkTurns(result.data);
  checkToolCalls(result.data);
  checkMarks(result.data);
  return result.data;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    throw new Refused('The request body is not valid JSON.');
  }
}

/** The blocks of a message. */
export function blocksOf({ content }: AnthropicBody['messages'][number]): readonly Block[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content;
}

function checkTurns({ messages }: AnthropicBody): void {
  if (messages[0]?.role !== 'user') throw new Refused('messages: first message must use the "user" role');
}

/** Each call must have its result in the next message, at its beginning, and each result its call. */
function checkToolCalls({ messages, tools = [], tool_choice: choice }: AnthropicBody): void {
  if (choice?.type === 'tool' && !tools.some(({ name }) => name === choice.name))
    throw new Refused(`Tool '${choice.name}' not found in provided tools`);
  if (choice && tools.length === 0)
    throw new Refused('tool_choice may only be specified while providing tools');
  if (new Set(tools.map(({ name }) => name)).size < tools.length)
    throw new Refused('tools: Tool names must be unique.');
  const used = new Set<string>();
  let open: string[] = [];
  for (const [index, one] of messages.entries()) {
    const blocks = blocksOf(one);
    const results = blocks.flatMap((block) => (block.type === 'tool_result' ? [block.tool_use_id] : []));
    const missing = open.filter((id) => !results.includes(id));
    if (missing.length > 0)
      throw new Refused(
        `messages.${index - 1}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${missing.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
      );
    const unexpected = results.find((id) => !open.includes(id));
    if (unexpected !== undefined)
      throw new Refused(
        `messages.${index}.content: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${unexpected}.`,
      );
    if (new Set(results).size < results.length)
      throw new Refused(`messages.${index}: each tool_use must have a single result.`);
    if (blocks.slice(0, results.length).some(({ type }) => results.length > 0 && type !== 'tool_result'))
      throw new Refused(`messages.${index}: \`tool_result\` blocks must come first.`);
    open = blocks.flatMap((block) => (block.type === 'tool_use' ? [block.id] : []));
    for (const id of open) {
      if (used.has(id)) throw new Refused('messages: `tool_use` ids must be unique');
      used.add(id);
    }
  }
  if (open.length > 0)
    throw new Refused(
      `messages: \`tool_use\` ids were found without \`tool_result\` blocks: ${open.join(', ')}.`,
    );
}

function checkMarks(request: AnthropicBody): void {
  const marks = markedBlocks(request).length + (request.cache_control ? 1 : 0);
  if (marks > 4)
    throw new Refused(`A maximum of 4 blocks with cache_control may be provided. Found ${marks}.`);
}

function markedBlocks({ system, tools = [], messages }: AnthropicBody): readonly object[] {
  const all: readonly object[] = [
    ...tools,
    ...(typeof system === 'object' ? system : []),
    ...messages.flatMap((one) => blocksOf(one)),
  ];
  return all.filter((block) => 'cache_control' in block && block.cache_control !== undefined);
}

/**
 * What the service caches: for each mark, everything before and including it, without the marks. The order is tools, system,
 * messages.
 */
export function cachePrefixes({ system, tools = [], messages }: AnthropicBody): readonly string[] {
  const blocks: readonly object[] = [
    ...tools,
    ...(typeof system === 'string' ? [{ type: 'text', text: system }] : (system ?? [])),
    ...messages.flatMap((one) => blocksOf(one).map((block) => ({ role: one.role, ...block }))),
  ];
  const prefixes: string[] = [];
  let before = '';
  for (const block of blocks) {
    before += JSON.stringify({ ...block, cache_control: undefined });
    if ('cache_control' in block && block.cache_control !== undefined) prefixes.push(before);
  }
  return prefixes;
}

/** The messages in the types of the language model contract. */
export function chatMessagesOf({ system, messages }: AnthropicBody): readonly ChatMessage[] {
  const prompt = typeof system === 'string' ? system : (system ?? []).map((one) => one.text).join('');
  const chat: ChatMessage[] = prompt === '' ? [] : [{ role: 'system', content: prompt }];
  for (const one of messages) {
    const blocks = blocksOf(one);
    const said = blocks.map((block) => (block.type === 'text' ? block.text : '')).join('');
    if (one.role === 'assistant') {
      const toolCalls = blocks.flatMap((block) =>
        block.type === 'tool_use'
          ? [{ id: block.id, name: block.name, arguments: JSON.stringify(block.input) }]
          : [],
      );
      chat.push({ role: 'assistant', content: said, ...(toolCalls.length > 0 && { toolCalls }) });
      continue;
    }
    for (const block of blocks)
      if (block.type === 'tool_result')
        chat.push({ role: 'tool', toolCallId: block.tool_use_id, content: resultText(block.content) });
    if (said !== '') chat.push({ role: 'user', content: said });
  }
  return chat;
}

function resultText(content: string | readonly { readonly text: string }[] = ''): string {
  return typeof content === 'string' ? content : content.map((one) => one.text).join('');
}

/** The tools in the types of the language model contract. */
export function toolsOf({ tools = [] }: AnthropicBody): readonly ToolDefinition[] {
  return tools.map(({ name, description = '', input_schema: parameters }) => ({
    name,
    description,
    parameters,
  }));
}
