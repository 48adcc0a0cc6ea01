/**
 * Answers in the server-sent events of OpenAI's two streaming APIs, in the shapes of many servers.
 *
 * Sources: https://platform.openai.com/docs/api-reference/chat-streaming and …/responses-streaming
 */
import type { AnswerTokens } from './openai-billing.js';
import type { OpenAiDialect } from './openai-dialect.js';
import type { OpenAiManner } from './openai-manners.js';
import type { OpenAiAnswer } from './openai-script.js';
import { chatText, keepAlives, oddMessages, reasoningBefore } from './openai-shapes.js';

/** An answer, split into the pieces that a server sends at one time. */
export interface OpenAiWireAnswer {
  /** Pieces of one token or one fragment of a tool call's arguments; the first also opens the answer. */
  readonly tokens: readonly string[];
  /** Ends the answer, directly after the last token. */
  readonly closing: string;
  /** What the service charges for. */
  readonly used: AnswerTokens;
}

/** How an answer is written. */
export interface WireStyle {
  readonly manner: OpenAiManner;
  readonly dialect: OpenAiDialect;
  /** The usage for so many tokens, in the API's form; null if the client did not ask for it. */
  readonly usage: ((tokens: AnswerTokens) => Readonly<Record<string, unknown>>) | null;
}

type ToolCall = NonNullable<OpenAiAnswer['toolCalls']>[number];

/** Splits a text into tokens of a model's usual length; joined they are the text. */
export function tokensOf(text: string): string[] {
  return text.match(/\s*[\p{L}\p{M}\p{N}]{1,8}|\s*[^\s\p{L}\p{M}\p{N}]|\s+/gu) ?? [];
}

/** The signature that Gemini adds to a call and expects back. */
export function thoughtSignature(callId: string): object {
  return { google: { thought_signature: `sig:${callId}` } };
}

/** The chunks of a chat completion. */
export function chatWire(
  answer: OpenAiAnswer,
  model: string,
  id: string,
  { manner, dialect, usage }: WireStyle,
): OpenAiWireAnswer {
  const head = { id: `chatcmpl-${id}`, object: 'chat.completion.chunk', created: 0, model };
  const chunk = (delta: object, finishReason: string | null = null): string => {
    const choices = [{ index: 0, delta, logprobs: null, finish_reason: finishReason }];
    // "All other chunks will also include a usage field, but with a null value."
    const empty = dialect.usage === 'if_asked' && told ? { usage: null } : {};
    return dataLine(dialect.chunk({ ...head, choices, ...empty }, finishReason === null ? null : told));
  };
  const calls = answer.toolCalls ?? [];
  const inText = manner === 'tool_calls_in_text';
  const deltas = [
    ...chatText((answer.text ?? '') + (inText ? callsAsText(calls) : ''), manner, tokensOf),
    ...(inText ? [] : calls).flatMap((call, index) => callDeltas(call, id, index, manner)),
  ];
  const used = { output: deltas.length, reasoning: answer.text ? reasoningTokens(manner) : 0 };
  const told = usage?.(used) ?? null;
  const tokens = deltas.map((delta) => chunk(delta));
  if (manner === 'odd_messages') tokens.splice(1, 0, ...oddMessages);
  const opening = dialect.prelude + chunk({ role: 'assistant', content: '', refusal: null });
  if (manner === 'keep_alives') tokens.unshift('', opening, ...keepAlives);
  const reason = answer.finishReason ?? (calls.length > 0 && !inText ? 'tool_calls' : 'stop');
  const end =
    manner === 'no_finish_reason' && answer.finishReason === undefined
      ? ''
      : chunk({}, manner === 'unknown_finish_reason' && reason === 'stop' ? 'eos' : reason);
  const report = told ? dataLine({ ...head, ...dialect.usageChunk(told) }) : '';
  return {
    tokens: [opening + (tokens[0] ?? ''), ...tokens.slice(1)],
    closing: `${end}${report}data: [DONE]\n\n`,
    used,
  };
}

/** The tokens of the reasoning in front of the text. */
function reasoningTokens(manner: OpenAiManner): number {
  const { tags, delta } = reasoningBefore(manner);
  return tokensOf(tags + delta).length;
}

/** Calls in the text, as the templates of Hermes and Qwen write them, from a server that does not parse them. */
function callsAsText(calls: readonly ToolCall[]): string {
  const texts = calls.map((call) => {
    return `\n<tool_call>\n{"name": ${JSON.stringify(call.name)}, "arguments": ${argumentsOf(call)}}\n</tool_call>`;
  });
  return texts.join('');
}

/** The fragments of one tool call. */
function callDeltas(call: ToolCall, answerId: string, position: number, manner: OpenAiManner): object[] {
  const id = callId(call, answerId, position);
  const index = manner === 'index_always_0' ? 0 : position;
  const numbered = manner === 'no_index' ? {} : { index };
  const signed = manner === 'thought_signature' ? { extra_content: thoughtSignature(id) } : {};
  const first = (written: unknown): object => ({
    tool_calls: [
      { ...numbered, id, type: 'function', function: { name: call.name, arguments: written }, ...signed },
    ],
  });
  if (manner === 'object_arguments') return [first(parsed(argumentsOf(call)))];
  if (manner === 'double_encoded_arguments') return [first(JSON.stringify(argumentsOf(call)))];
  // Servers that give all calls the same index send each call whole.
  if (manner === 'index_always_0' || manner === 'thought_signature') return [first(argumentsOf(call))];
  const rest = tokensOf(argumentsOf(call)).map((part, fragment) => ({
    tool_calls: [
      {
        ...numbered,
        ...(manner === 'new_id_each_time' && { id: `${id}-${fragment}` }),
        ...(manner === 'name_repeated' && { id }),
        function: { arguments: part, ...(manner === 'name_repeated' && { name: call.name }) },
      },
    ],
  }));
  return [first(''), ...rest];
}

/** The events of a response. */
export function responsesWire(
  answer: OpenAiAnswer,
  model: string,
  id: string,
  { manner, usage }: WireStyle,
): OpenAiWireAnswer {
  let sequence = 0;
  const event = (type: string, fields: object): string =>
    `event: ${type}\n${dataLine({ type, sequence_number: sequence++, ...fields })}`;
  const response = { id: `resp_${id}`, object: 'response', model };
  const opening =
    event('response.created', { response: { ...response, status: 'in_progress' } }) +
    event('response.in_progress', { response: { ...response, status: 'in_progress' } });
  const { finishReason } = answer;
  const { tags, delta } = reasoningBefore(manner);
  const thoughts = tokensOf(delta).map((text) =>
    event('response.reasoning_summary_text.delta', { delta: text }),
  );
  const inText = manner === 'tool_calls_in_text';
  const text = (answer.text ? tags + answer.text : '') + (inText ? callsAsText(answer.toolCalls ?? []) : '');
  const parts = [
    ...(answer.text ? thoughts : []),
    ...(text ? [textEvents(text, `msg_${id}`, event)] : []),
    ...(inText ? [] : (answer.toolCalls ?? [])).map((call, index) =>
      toolCallEvents(call, { id, index, status: finishReason ? 'incomplete' : 'completed', manner }, event),
    ),
  ].flat();
  if (manner === 'odd_messages') parts.splice(1, 0, ...oddMessages);
  if (manner === 'keep_alives') parts.unshift('', ...keepAlives);
  const used = { output: parts.length, reasoning: answer.text ? reasoningTokens(manner) : 0 };
  const reason = finishReason === 'length' ? 'max_output_tokens' : finishReason;
  const status = reason === 'error' ? 'failed' : reason ? 'incomplete' : 'completed';
  const end = event(`response.${status}`, {
    response: {
      ...{ ...response, status, error: null, incomplete_details: reason ? { reason } : null },
      usage: usage?.(used) ?? null,
    },
  });
  return {
    tokens: [opening + (parts[0] ?? ''), ...parts.slice(1)],
    closing: manner === 'no_finish_reason' && !finishReason ? 'data: [DONE]\n\n' : end,
    used,
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
  {
    id,
    index,
    status,
    manner,
  }: { readonly id: string; readonly index: number; readonly status: string; readonly manner: OpenAiManner },
  event: EventWriter,
): string[] {
  const written = argumentsOf(call);
  const place = { item_id: `fc_${id}_${index}`, output_index: index + 1 };
  const item = {
    id: place.item_id,
    type: 'function_call',
    call_id: callId(call, id, index),
    name: call.name,
    ...(manner === 'thought_signature' && { extra_content: thoughtSignature(callId(call, id, index)) }),
  };
  const opening = event('response.output_item.added', {
    output_index: place.output_index,
    item: { ...item, status: 'in_progress', arguments: '' },
  });
  const tokens = tokensOf(written).map((delta) =>
    event('response.function_call_arguments.delta', { ...place, delta }),
  );
  const sent = sentArguments(written, manner);
  const closing =
    event('response.function_call_arguments.done', { ...place, name: call.name, arguments: sent }) +
    event('response.output_item.done', {
      output_index: place.output_index,
      item: { ...item, status, arguments: sent },
    });
  return enclosed(opening, tokens, closing);
}

function sentArguments(written: string, manner: OpenAiManner): unknown {
  if (manner === 'object_arguments') return parsed(written);
  return manner === 'double_encoded_arguments' ? JSON.stringify(written) : written;
}

/** Adds the opening to the first token and the closing to the last. */
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

/** Arguments as an object; invalid JSON stays a string. */
function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}
