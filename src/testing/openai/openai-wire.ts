/**
 * Answers in the server-sent events of OpenAI's two streaming APIs.
 *
 * Sources: https://platform.openai.com/docs/api-reference/chat-streaming and …/responses-streaming
 */
import type { OpenAiAnswer } from './openai-script.js';

/** An answer cut into what a server sends at one moment each. */
export interface OpenAiWireAnswer {
  /** One token each, or a fragment of a tool call's arguments; the first also opens the answer. */
  readonly tokens: readonly string[];
  /** Ends the answer, right behind the last token. */
  readonly closing: string;
}

type ToolCall = NonNullable<OpenAiAnswer['toolCalls']>[number];

/** Tokens of about the length that models write; joined they are the text. */
export function tokensOf(text: string): string[] {
  return text.match(/\s*[\p{L}\p{M}\p{N}]{1,8}|\s*[^\s\p{L}\p{M}\p{N}]|\s+/gu) ?? [];
}

/** The chunks of a chat completion. */
export function chatWire(answer: OpenAiAnswer, model: string, id: string): OpenAiWireAnswer {
  const chunk = (delta: object, finishReason: string | null = null): string =>
    dataLine({
      id: `chatcmpl-${id}`,
      object: 'chat.completion.chunk',
      created: 0,
      model,
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
    });
  const calls = answer.toolCalls ?? [];
  const tokens = [
    ...tokensOf(answer.text ?? '').map((content) => chunk({ content })),
    ...calls.flatMap((call, index) => [
      chunk({
        tool_calls: [
          {
            index,
            id: callId(call, id, index),
            type: 'function',
            function: { name: call.name, arguments: '' },
          },
        ],
      }),
      ...tokensOf(argumentsOf(call)).map((part) =>
        chunk({ tool_calls: [{ index, function: { arguments: part } }] }),
      ),
    ]),
  ];
  const opening = chunk({ role: 'assistant', content: '', refusal: null });
  return {
    tokens: [opening + (tokens[0] ?? ''), ...tokens.slice(1)],
    closing:
      chunk({}, answer.finishReason ?? (calls.length > 0 ? 'tool_calls' : 'stop')) + 'data: [DONE]\n\n',
  };
}

/** The events of a response. */
export function responsesWire(answer: OpenAiAnswer, model: string, id: string): OpenAiWireAnswer {
  let sequence = 0;
  const event = (type: string, fields: object): string =>
    `event: ${type}\n${dataLine({ type, sequence_number: sequence++, ...fields })}`;
  const response = { id: `resp_${id}`, object: 'response', model };
  const opening =
    event('response.created', { response: { ...response, status: 'in_progress' } }) +
    event('response.in_progress', { response: { ...response, status: 'in_progress' } });
  const { finishReason } = answer;
  const parts = [
    ...(answer.text ? [textEvents(answer.text, `msg_${id}`, event)] : []),
    ...(answer.toolCalls ?? []).map((call, index) =>
      toolCallEvents(call, { id, index, status: finishReason ? 'incomplete' : 'completed' }, event),
    ),
  ].flat();
  const reason = finishReason === 'length' ? 'max_output_tokens' : finishReason;
  const status = reason ? 'incomplete' : 'completed';
  return {
    tokens: [opening + (parts[0] ?? ''), ...parts.slice(1)],
    closing: event(`response.${status}`, {
      response: { ...response, status, incomplete_details: reason ? { reason } : null },
    }),
  };
}

type EventWriter = (type: string, fields: object) => string;

function textEvents(text: string, itemId: string, event: EventWriter): string[] {
  const place = { item_id: itemId, output_index: 0, content_index: 0 };
  const item = { id: itemId, type: 'message', role: 'assistant' };
  const part = { type: 'output_text', text: '', annotations: [] };
  const opening =
    event('response.output_item.added', { output_index: 0, item: { ...item, content: [] } }) +
    event('response.content_part.added', { ...place, part });
  const tokens = tokensOf(text).map((delta) => event('response.output_text.delta', { ...place, delta }));
  const closing =
    event('response.output_text.done', { ...place, text }) +
    event('response.content_part.done', { ...place, part: { ...part, text } }) +
    event('response.output_item.done', { output_index: 0, item: { ...item, status: 'completed' } });
  return enclosed(opening, tokens, closing);
}

function toolCallEvents(
  call: ToolCall,
  { id, index, status }: { readonly id: string; readonly index: number; readonly status: string },
  event: EventWriter,
): string[] {
  const written = argumentsOf(call);
  const place = { item_id: `fc_${id}_${index}`, output_index: index + 1 };
  const item = {
    id: place.item_id,
    type: 'function_call',
    call_id: callId(call, id, index),
    name: call.name,
  };
  const opening = event('response.output_item.added', {
    output_index: place.output_index,
    item: { ...item, status: 'in_progress', arguments: '' },
  });
  const tokens = tokensOf(written).map((delta) =>
    event('response.function_call_arguments.delta', { ...place, delta }),
  );
  const closing =
    event('response.function_call_arguments.done', { ...place, name: call.name, arguments: written }) +
    event('response.output_item.done', {
      output_index: place.output_index,
      item: { ...item, status, arguments: written },
    });
  return enclosed(opening, tokens, closing);
}

/** The opening goes out with the first token, the closing with the last. */
function enclosed(opening: string, tokens: readonly string[], closing: string): string[] {
  const last = tokens.length - 1;
  if (last < 0) return [opening + closing];
  return tokens.map((token, index) => (index === 0 ? opening : '') + token + (index === last ? closing : ''));
}

function dataLine(message: object): string {
  return `data: ${JSON.stringify(message)}\n\n`;
}

function callId(call: ToolCall, id: string, index: number): string {
  return call.id ?? `call_${id}_${index}`;
}

function argumentsOf(call: ToolCall): string {
  return typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments);
}
