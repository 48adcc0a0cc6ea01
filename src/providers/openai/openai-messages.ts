/**
 * Converts the conversation and the tools for OpenAI's two APIs.
 *
 * Sources: https://platform.openai.com/docs/api-reference/chat/create and …/responses/create
 */
import type { OpenAI } from 'openai';
import type { ChatMessage, ToolDefinition } from '../language-model.js';

type ChatMessageParam = OpenAI.Chat.ChatCompletionMessageParam;
type ChatTool = OpenAI.Chat.ChatCompletionFunctionTool;
type InputItem = OpenAI.Responses.ResponseInputItem;
type ResponsesTool = OpenAI.Responses.FunctionTool;

/** The messages of a chat completion. Extra fields of tool calls go back to their server, `origin`. */
export function chatMessages(messages: readonly ChatMessage[], origin = ''): ChatMessageParam[] {
  return messages.map((message): ChatMessageParam => {
    switch (message.role) {
      case 'assistant': {
        const { content, toolCalls = [] } = message;
        if (toolCalls.length === 0) return { role: 'assistant', content };
        return {
          role: 'assistant',
          content: content === '' ? null : content,
          tool_calls: toolCalls.map(({ id, name, arguments: written, extra }) => {
            const own = extra?.origin === origin ? extra : null;
            return {
              ...own?.call,
              id,
              type: 'function' as const,
              function: { ...own?.function, name, arguments: written },
            };
          }),
        };
      }
      case 'tool':
        return { role: 'tool', tool_call_id: message.toolCallId, content: message.content };
      default:
        return { role: message.role, content: message.content };
    }
  });
}

/** The tools of a chat completion. */
export function chatTools(tools: readonly ToolDefinition[]): ChatTool[] {
  return tools.map(({ name, description, parameters }) => ({
    type: 'function',
    function: { name, description, parameters: plainSchema(parameters) },
  }));
}

/** The input items of a response, in which each tool call is an item of its own. */
export function responsesInput(messages: readonly ChatMessage[], origin = ''): InputItem[] {
  return messages.flatMap((message): InputItem[] => {
    if (message.role === 'tool')
      return [{ type: 'function_call_output', call_id: message.toolCallId, output: message.content }];
    const { role, content } = message;
    if (role !== 'assistant') return [{ role, content }];
    const calls = message.toolCalls ?? [];
    return [
      ...(content === '' ? [] : [{ role, content }]),
      ...calls.map(({ id, name, arguments: written, extra }) => ({
        ...(extra?.origin === origin && extra.call),
        type: 'function_call' as const,
        call_id: id,
        name,
        arguments: written,
      })),
    ];
  });
}

/** The tools of a response. Strict mode, the API's default, is off because it refuses optional parameters. */
export function responsesTools(tools: readonly ToolDefinition[]): ResponsesTool[] {
  return tools.map(({ name, description, parameters }) => ({
    type: 'function',
    name,
    description,
    parameters: plainSchema(parameters),
    strict: false,
  }));
}

/** Removes `$schema`, which some servers refuse as an unknown keyword. */
function plainSchema(schema: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(schema).filter(([keyword]) => keyword !== '$schema'));
}
