import type { LlmEvent } from '../language-model.js';
import { contentPieces, reasoningOf } from './answer-content.js';
import { AnswerError, AnswerReader, cutToolCall, filtered } from './answer-reader.js';
import { ToolCallDrafts } from './tool-call-drafts.js';
import { fieldsOf, listOf, stringOf, type WireFields } from './wire-value.js';

/**
 * Reads the chunks of a streamed chat completion, or the one message of a server that does not stream. Joins the
 * fragments of tool calls and gives the calls at the end.
 *
 * Source: https://platform.openai.com/docs/api-reference/chat-streaming/streaming
 */
export class ChatAnswer extends AnswerReader {
  readonly #drafts = new ToolCallDrafts();
  #finishReason: string | null = null;
  #hasDeltas = false;

  protected override get hasEnd(): boolean {
    return this.#finishReason !== null;
  }

  protected override get isCut(): boolean {
    return this.#finishReason === 'length';
  }

  protected override takeMessage(message: WireFields): readonly LlmEvent[] {
    const { choices } = message;
    // The usage report and some servers' first chunk have no choice.
    if (choices === undefined || choices === null) return this.#withoutChoices(message);
    if (!Array.isArray(choices)) return this.odd('choices that are not a list');
    if (choices.length === 0) return [];
    const choice = fieldsOf(choices[0]);
    if (!choice) return this.odd('a choice that is not an object');
    const delta = fieldsOf(choice.delta);
    this.#hasDeltas ||= delta !== null;
    // Some servers repeat the whole answer as a message in the last chunk.
    const events = this.#takeDelta(delta ?? (this.#hasDeltas ? null : fieldsOf(choice.message)) ?? {});
    const { finish_reason: reason } = choice;
    // Some servers send the text "null" until there is a reason.
    if (typeof reason === 'string' && reason !== '' && reason !== 'null') this.#finishReason = reason;
    return events;
  }

  protected override closing(): readonly LlmEvent[] {
    const told = this.#drafts.finished(this.origin).map((call) => this.call(call));
    if (told.length < this.#drafts.size) this.odd('a tool call without a name');
    const calls = [...told, ...this.writtenCalls(told)];
    switch (this.#finishReason?.toLowerCase()) {
      case 'error':
        throw new AnswerError('The server failed in the middle of its answer.', 'server');
      case 'content_filter':
        throw filtered();
      case 'length':
        if (this.#drafts.size > 0 || this.hasCutCall) throw cutToolCall();
        return [{ type: 'done', finishReason: 'length' }];
      default:
        // Some servers send tool calls without the finish reason `tool_calls`, or end with `[DONE]` alone.
        return [
          ...calls.map((call) => ({ type: 'tool_call' as const, call })),
          { type: 'done', finishReason: calls.length > 0 ? 'tool_calls' : 'stop' },
        ];
    }
  }

  #withoutChoices(message: WireFields): [] {
    const isKnown = ['usage', 'object', 'id', 'choices'].some((name) => name in message);
    return isKnown ? [] : this.odd('a message without choices');
  }

  #takeDelta(delta: WireFields): LlmEvent[] {
    const events: LlmEvent[] = [];
    const reasoning = reasoningOf(delta);
    if (reasoning !== null) events.push(...this.reasoning(reasoning));
    const pieces = contentPieces(delta.content, (what) => this.odd(what));
    for (const { type, text } of pieces)
      events.push(...(type === 'text' ? this.text(text) : this.reasoning(text)));
    events.push(...this.text(stringOf(delta.refusal)));
    for (const fragment of callFragments(delta)) {
      if (this.#drafts.take(fragment)) this.start();
      else this.odd('a tool call that is not an object');
    }
    return events;
  }
}

/** The tool calls of a delta: a list, one alone, or the one `function_call` of older servers. */
function callFragments({ tool_calls: calls, function_call: older }: WireFields): readonly unknown[] {
  if (fieldsOf(calls)) return [calls];
  const called = fieldsOf(older);
  return called ? [...listOf(calls), { function: called }] : listOf(calls);
}
