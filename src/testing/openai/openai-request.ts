import { z } from 'zod';
import type { ChatMessage } from '../../llm/language-model.js';
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
        z.strictObject({
          id: text.min(1),
          type: z.literal('function'),
          function: z.strictObject({ name: toolName, arguments: text }),
        }),
      )
      .min(1)
      .optional(),
  }),
  z.strictObject({ role: z.literal('tool'), tool_call_id: text, content: text }),
]);

const inputItem = z.union([
  z.strictObject({ role: z.enum(['system', 'developer', 'user', 'assistant']), content: text }),
  z.strictObject({
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

/** Reads a request's body. Throws an Error that says what OpenAI would refuse about it. */
export function readOpenAiRequest(api: 'chat' | 'responses', json: string): OpenAiRequest {
  const body: unknown = JSON.parse(json);
  const request = api === 'chat' ? readChat(body) : readResponses(body);
  checkToolCalls(request.messages);
  return request;
}

function readChat(raw: unknown): OpenAiRequest {
  const body = parsed(chatBody, raw);
  const tools = (body.tools ?? []).map(({ function: tool }) => ({ description: '', ...tool }));
  return { api: 'chat', model: body.model, messages: body.messages.map(messageOfChat), tools, body };
}

function messageOfChat(message: z.infer<typeof chatMessage>): ChatMessage {
  switch (message.role) {
    case 'assistant': {
      const toolCalls = message.tool_calls?.map(({ id, function: called }) => ({ id, ...called }));
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

function readResponses(raw: unknown): OpenAiRequest {
  const body = parsed(responsesBody, raw);
  const tools = (body.tools ?? []).map(({ name, description = '', parameters: schema }) => ({
    name,
    description,
    parameters: schema,
  }));
  return { api: 'responses', model: body.model, messages: messagesOfItems(body.input), tools, body };
}

/** Tool calls that follow one another are one message in the contract's terms. */
function messagesOfItems(items: readonly z.infer<typeof inputItem>[]): ChatMessage[] {
  const messages: ChatMessage[] = [];
  for (const item of items) {
    if ('role' in item) {
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

/** Each call must be answered before anything else is said, and nothing else may be. */
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
