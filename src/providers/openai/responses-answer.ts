import type { LlmEvent, ToolCall } from '../language-model.js';
import { contentPieces } from './answer-content.js';
import { AnswerError, AnswerReader, answerFailure, cutToolCall, filtered } from './answer-reader.js';
import { errorMessage } from './error-body.js';
import { argumentsOf, fieldsOf, listOf, stringOf, without, type WireFields } from './wire-value.js';

const callFields = ['type', 'id', 'call_id', 'name', 'arguments', 'status'];

/**
 * Reads the events of a streamed response. Gives a tool call as soon as it is complete. Takes content that came without
 * deltas from the final response.
 *
 * Source: https://platform.openai.com/docs/api-reference/responses-streaming
 */
export class ResponsesAnswer extends AnswerReader {
  #end: 'completed' | 'length' | 'filtered' | null = null;
  readonly #calls = new Map<string, ToolCall>();
  #callCut = false;
  #hasText = false;

  protected override get hasEnd(): boolean {
    return this.#end !== null;
  }

  protected override get isCut(): boolean {
    return this.#end === 'length';
  }

  protected override takeMessage(message: WireFields): readonly LlmEvent[] {
    switch (message.type) {
      case 'response.output_text.delta':
      case 'response.refusal.delta':
        return this.#takeContent(message.delta);
      case 'response.reasoning_text.delta':
      case 'response.reasoning.delta':
      case 'response.reasoning_summary_text.delta':
      case 'response.reasoning_summary.delta':
        return this.reasoning(stringOf(message.delta));
      case 'response.function_call_arguments.delta':
        this.start();
        return [];
      case 'response.output_item.done':
        return this.#takeItem(fieldsOf(message.item) ?? {});
      case 'response.completed':
      case 'response.done':
      case 'response.incomplete':
        return this.#takeEnd(message.type, fieldsOf(message.response) ?? {});
      case 'response.failed':
      case 'response.cancelled':
        return this.#fail(fieldsOf(message.response)?.error);
      case 'error':
        return this.#fail(fieldsOf(message.error) ?? message);
      default:
        // New types of events are ignored, since servers add them often.
        return typeof message.type === 'string' ? [] : this.odd('an event without a type');
    }
  }

  protected override closing(): readonly LlmEvent[] {
    if (this.#end === 'filtered') throw filtered();
    if (this.#end === 'length') {
      if (this.#callCut || this.hasCutCall) throw cutToolCall();
      return [{ type: 'done', finishReason: 'length' }];
    }
    const written = this.writtenCalls([...this.#calls.values()]);
    const hasCalls = this.#calls.size + written.length > 0;
    return [
      ...written.map((call) => ({ type: 'tool_call' as const, call })),
      { type: 'done', finishReason: hasCalls ? 'tool_calls' : 'stop' },
    ];
  }

  #takeContent(content: unknown): LlmEvent[] {
    return contentPieces(content, (what) => this.odd(what)).flatMap(({ type, text }) => {
      this.#hasText ||= type === 'text';
      return type === 'text' ? this.text(text) : this.reasoning(text);
    });
  }

  /** Takes a tool call. Other items add nothing: the text came as deltas. */
  #takeItem(item: WireFields): LlmEvent[] {
    if (item.type !== 'function_call') return [];
    if (item.status === 'incomplete') {
      this.#callCut = true;
      return [];
    }
    const told = this.#callOf(item);
    if (!told) return this.odd('a tool call without a name');
    if (this.#calls.has(told.id)) return [];
    const call = this.call(told);
    this.#calls.set(call.id, call);
    this.start();
    return [...this.endText(), { type: 'tool_call', call }];
  }

  #callOf(item: WireFields): ToolCall | null {
    const name = stringOf(item.name);
    if (name === '') return null;
    const id = stringOf(item.call_id) || stringOf(item.id) || `call_${this.#calls.size}`;
    const written = argumentsOf(item.arguments).trim();
    const call = without(item, callFields);
    const extra = { origin: this.origin, call, function: {} };
    const hasExtra = Object.keys(call).length > 0;
    return { id, name, arguments: written === '' ? '{}' : written, ...(hasExtra && { extra }) };
  }

  #takeEnd(type: string, response: WireFields): LlmEvent[] {
    if (response.status === 'failed') return this.#fail(response.error);
    const reason = stringOf(fieldsOf(response.incomplete_details)?.reason);
    const isIncomplete = type === 'response.incomplete' || response.status === 'incomplete';
    const events = listOf(response.output).flatMap((output) => {
      const item = fieldsOf(output) ?? {};
      if (item.type === 'message' && !this.#hasText) return this.#takeContent(item.content);
      return isIncomplete ? [] : this.#takeItem(item);
    });
    if (!isIncomplete) this.#end = 'completed';
    else this.#end = reason === 'content_filter' ? 'filtered' : 'length';
    return events;
  }

  #fail(error: unknown): never {
    const fields = fieldsOf(error);
    if (!fields) throw new AnswerError('The answer failed without a reason.', 'server');
    throw answerFailure(fields, errorMessage(fields));
  }
}
