import { z } from 'zod';
import type { ChatMessage } from '../../providers/language-model.js';
import type { OpenAiRequest } from './openai-script.js';

const text = z.string();
const toolName = text.regex(/^[a-zA-Z0-9_-]{1,64}$/);
const parameters = z.looseObject({ type: z.literal('object') });
const described = { name: toolName, description: text.optional(), parameters };

const chatMessage = z.discriminatedUnion('role', [
  z.strictObject({ role: z.enum(['system', 'developer', 'user']), content: text }),
  z.strictObject({
    role: z.literal('assistant'),
    content: text.nullish(),
    tool_calls: z
      .array(
        z.looseObject({
          id: text.min(1),
          type: z.literal('function'),
          function: z.looseObject({ name: toolName, arguments: text }),
        }),
      )
      .min(1)
      .optional(),
  }),
  z.strictObject({ role: z.literal('tool'), tool_call_id: text, content: text }),
]);

const inputItem = z.union([
  z.strictObject({ role: z.enum(['system', 'developer', 'user', 'assistant']), content: text }),
  z.looseObject({
    type: z.literal('function_call'),
    call_id: text.min(1),
    name: toolName,
    arguments: text,
  }),
  z.strictObject({ type: z.literal('function_call_output'), call_id: text, output: text }),
]);

const common = { model: text.min(1), stream: z.literal(true) };

const chatBody = z.looseObject({
  ...common,
  messages: z.array(chatMessage).min(1),
  tools: z
    .array(z.strictObject({ type: z.literal('function'), function: z.strictObject(described) }))
    .min(1)
    .optional(),
});

const responsesBody = z.looseObject({
  ...common,
  input: z.array(inputItem).min(1),
  tools: z
    .array(z.strictObject({ type: z.literal('function'), ...described, strict: z.boolean() }))
    .min(1)
    .optional(),
});

type Understood = Omit<OpenAiRequest, 'headers' | 'hasKey'>;

/** Reads a request's body. Throws an Error with the reason why OpenAI would refuse it. */
export function readOpenAiRequest(api: 'chat' | 'responses', json: string): Understood {
  const body: unknown = JSON.parse(json);
  const request = api === 'chat' ? readChat(body) : readResponses(body);
  checkToolCalls(request.messages);
  return request;
}

/** The undocumented fields of a request's tool calls and their functions, by the call's id. */
export function extraFields({
  api,
  body,
}: Understood): ReadonlyMap<string, Readonly<Record<string, unknown>>> {
  if (api === 'responses') {
    const calls = (body as z.infer<typeof responsesBody>).input.flatMap((item) =>
      'type' in item && item.type === 'function_call' ? [item] : [],
    );
    return new Map(
      calls.map((call) => [call.call_id, without(call, ['type', 'call_id', 'name', 'arguments'])]),
    );
  }
  const calls = (body as z.infer<typeof chatBody>).messages.flatMap((message) =>
    message.role === 'assistant' ? (message.tool_calls ?? []) : [],
  );
  return new Map(
    calls.map((call) => {
      const own = without(call.function, ['name', 'arguments']);
      const hasOwn = Object.keys(own).length > 0;
      return [call.id, { ...without(call, ['id', 'type', 'function']), ...(hasOwn && { function: own }) }];
    }),
  );
}

function without(
  fields: Readonly<Record<string, unknown>>,
  known: readonly string[],
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !known.includes(name)));
}

function readChat(raw: unknown): Understood {
  const body = parsed(chatBody, raw);
  const tools = (body.tools ?? []).map(({ function: tool }) => ({ description: '', ...tool }));
  return { api: 'chat', model: body.model, messages: body.messages.map(messageOfChat), tools, body };
}

function messageOfChat(message: z.infer<typeof chatMessage>): ChatMessage {
  switch (message.role) {
    case 'assistant': {
      const toolCalls = message.tool_calls?.map(({ id, function: { name, arguments: written } }) => ({
        ...{ id, name, arguments: written },
      }));
      return { role: 'assistant', content: message.content ?? '', ...(toolCalls && { toolCalls }) };
    }
    case 'tool':
      return { role: 'tool', toolCallId: message.tool_call_id, content: message.content };
    case 'user':
      return { role: 'user', content: message.content };
    default:
      return { role: 'system', content: message.content };
  }
}

function readResponses(raw: unknown): Understood {
  const body = parsed(responsesBody, raw);
  const tools = (body.tools ?? []).map(({ name, description = '', parameters: schema }) => ({
    name,
    description,
    parameters: schema,
  }));
  return { api: 'responses', model: body.model, messages: messagesOfItems(body.input), tools, body };
}

/** Consecutive tool calls become one message of the contract. */
function messagesOfItems(items: readonly z.infer<typeof inputItem>[]): ChatMessage[] {
  const messages: ChatMessage[] = [];
  for (const item of items) {
    if (!('type' in item)) {
      const role = item.role === 'developer' ? 'system' : item.role;
      messages.push({ role, content: item.content });
    } else if (item.type === 'function_call_output') {
      messages.push({ role: 'tool', toolCallId: item.call_id, content: item.output });
    } else {
      const call = { id: item.call_id, name: item.name, arguments: item.arguments };
      const last = messages.at(-1);
      const before = last?.role === 'assistant' ? last : { role: 'assistant' as const, content: '' };
      if (before === last) messages.pop();
      messages.push({ ...before, toolCalls: [...(before.toolCalls ?? []), call] });
    }
  }
  return messages;
}

/** Each tool call must be answered before the next message, and only existing calls may be answered. */
function checkToolCalls(messages: readonly ChatMessage[]): void {
  const open = new Set<string>();
  for (const [index, message] of messages.entries()) {
    if (message.role === 'tool') {
      if (!open.delete(message.toolCallId))
        throw new Error(`Message ${index} answers a tool call that was not made: ${message.toolCallId}.`);
      continue;
    }
    if (open.size > 0)
      throw new Error(`Message ${index} comes before the answer to a tool call: ${[...open].join(', ')}.`);
    if (message.role === 'assistant') for (const { id } of message.toolCalls ?? []) open.add(id);
  }
  if (open.size > 0) throw new Error(`A tool call was never answered: ${[...open].join(', ')}.`);
}

function parsed<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  const result = schema.safeParse(body);
  if (!result.success) throw new Error(z.prettifyError(result.error));
  return result.data;
}
