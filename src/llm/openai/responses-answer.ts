import { z } from 'zod';
import type { LlmEvent } from '../language-model.js';
import { AnswerError, cutToolCall, filtered, truncated, type AnswerReader } from './answer-reader.js';
import { categoryOfCode } from './openai-errors.js';

const failure = z.object({ code: z.string().nullish(), message: z.string().nullish() });

/** The events that matter; the many others are passed over. */
const eventSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal([
      'response.output_text.delta',
      'response.refusal.delta',
      'response.function_call_arguments.delta',
    ]),
    delta: z.string(),
  }),
  z.object({
    type: z.literal('response.output_item.done'),
    item: z.object({
      type: z.string(),
      status: z.string().nullish(),
      call_id: z.string().optional(),
      name: z.string().optional(),
      arguments: z.string().optional(),
    }),
  }),
  z.object({ type: z.literal('response.completed') }),
  z.object({
    type: z.literal('response.incomplete'),
    response: z.object({ incomplete_details: z.object({ reason: z.string().nullish() }).nullish() }),
  }),
  z.object({ type: z.literal('response.failed'), response: z.object({ error: failure.nullish() }) }),
  failure.extend({ type: z.literal('error') }),
]);

type ResponsesEvent = z.infer<typeof eventSchema>;

const known = new Set<unknown>(eventSchema.options.flatMap((option) => [...option.shape.type.values]));
const typed = z.object({ type: z.string() });

/**
 * Reads the events of a streamed response. A tool call is given out as soon as it is whole.
 *
 * Source: https://platform.openai.com/docs/api-reference/responses-streaming
 */
export class ResponsesAnswer implements AnswerReader {
  #end: 'completed' | 'length' | 'filtered' | null = null;
  #started = false;
  #calls = 0;
  #callCut = false;

  get started(): boolean {
    return this.#started;
  }

  get finished(): boolean {
    return this.#end !== null;
  }

  take(message: unknown): readonly LlmEvent[] {
    const type = typed.safeParse(message);
    if (!type.success) throw new AnswerError('The stream holds something other than events.', 'server');
    if (this.finished || !known.has(type.data.type)) return [];
    const event = eventSchema.safeParse(message);
    if (!event.success)
      throw new AnswerError(`The stream holds a malformed ${type.data.type} event.`, 'server');
    return this.#takeEvent(event.data);
  }

  end(): readonly LlmEvent[] {
    switch (this.#end) {
      case null:
        throw truncated();
      case 'filtered':
        throw filtered();
      case 'length':
        if (this.#callCut) throw cutToolCall();
        return [{ type: 'done', finishReason: 'length' }];
      case 'completed':
        return [{ type: 'done', finishReason: this.#calls > 0 ? 'tool_calls' : 'stop' }];
    }
  }

  #takeEvent(event: ResponsesEvent): readonly LlmEvent[] {
    switch (event.type) {
      case 'response.output_text.delta':
      case 'response.refusal.delta':
        this.#started = true;
        return event.delta === '' ? [] : [{ type: 'token', text: event.delta }];
      case 'response.function_call_arguments.delta':
        this.#started = true;
        return [];
      case 'response.output_item.done':
        return this.#takeItem(event.item);
      case 'response.completed':
        this.#end = 'completed';
        return [];
      case 'response.incomplete':
        this.#end = event.response.incomplete_details?.reason === 'content_filter' ? 'filtered' : 'length';
        return [];
      case 'response.failed':
        throw answerFailure(event.response.error);
      case 'error':
        throw answerFailure(event);
    }
  }

  /** Items of other kinds, such as text whose deltas were given out already, add nothing. */
  #takeItem({
    type,
    status,
    call_id: id,
    name,
    arguments: written = '',
  }: Extract<ResponsesEvent, { item: unknown }>['item']): readonly LlmEvent[] {
    if (type !== 'function_call') return [];
    if (status === 'incomplete') {
      this.#callCut = true;
      return [];
    }
    if (id === undefined || name === undefined)
      throw new AnswerError('The stream holds a tool call without an id or a name.', 'server');
    this.#started = true;
    this.#calls++;
    return [{ type: 'tool_call', call: { id, name, arguments: written.trim() === '' ? '{}' : written } }];
  }
}

function answerFailure(error: z.infer<typeof failure> | null | undefined): AnswerError {
  const { category, retryable } = categoryOfCode(error?.code);
  return new AnswerError(error?.message ?? 'The answer failed without a reason.', category, retryable);
}
