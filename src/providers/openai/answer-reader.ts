import type { ProviderErrorCategory } from '../../core/errors.js';
import type { LlmEvent, ToolCall, ToolDefinition } from '../language-model.js';
import { usageOf, type TokenCounts } from './answer-usage.js';
import { errorMessage } from './error-body.js';
import { categoryOfCode } from './error-category.js';
import { ReasoningFilter } from './reasoning-filter.js';
import { fieldsOf, stringOf, unwrapped } from './wire-value.js';
import { WrittenCallFilter } from './written-call-filter.js';

/** What is known about a model before it answers. */
export interface AnswerReaderOptions {
  /** The server's origin: fields that only it understands are marked with it. */
  readonly origin: string;
  /** The tools that were offered to the model. */
  readonly tools: readonly ToolDefinition[];
  /** Whether the answer's text begins inside the reasoning: `likely` is a guess by the model's name. */
  readonly opensInReasoning: 'no' | 'likely' | 'surely';
}

/**
 * Turns the data of one stream into an answer, in order. Malformed or unknown data are skipped and counted; they never
 * end the answer. Pure: has no timers and no connection.
 */
export abstract class AnswerReader {
  protected readonly origin: string;
  protected readonly filter: ReasoningFilter;
  /** Kinds of data that were skipped, each once, in order of appearance. */
  readonly oddities = new Set<string>();
  /** How often data were skipped. */
  oddCount = 0;
  /** What the server calls the answer; null until it has said so. */
  answerId: string | null = null;
  /** What the server reported last as used; null until it has. */
  usage: TokenCounts | null = null;
  readonly #isSure: boolean;
  readonly #written: WrittenCallFilter;
  #progress = 0;
  #hasText = false;
  #callCut = false;
  #isDone = false;

  constructor({ origin, tools, opensInReasoning }: AnswerReaderOptions) {
    this.#written = new WrittenCallFilter(tools);
    this.origin = origin;
    this.#isSure = opensInReasoning === 'surely';
    this.filter = new ReasoningFilter(opensInReasoning !== 'no');
  }

  /** Whether the model has begun to reason, or to write text or a tool call. */
  get started(): boolean {
    return this.#progress > 0;
  }

  /** Grows whenever the model reasons, or writes text or a tool call. */
  get progress(): number {
    return this.#progress;
  }

  /** Whether any text of the answer has been given. */
  get hasText(): boolean {
    return this.#hasText;
  }

  /** Whether the answer is complete; of later data in the stream only the usage is read. */
  get finished(): boolean {
    return this.#isDone || this.hasEnd;
  }

  /** Whether the model closed its reasoning without opening it. */
  get beganInReasoning(): boolean {
    return this.filter.closedUnopened;
  }

  /** Whether the reasoning came separately from the text, or between an opening and a closing tag. */
  get beganOtherwise(): boolean {
    return this.filter.hasReasoned && !this.filter.closedUnopened;
  }

  /** The events from the next data, usually one token. Throws an {@link AnswerError} if the answer failed. */
  take(data: string): readonly LlmEvent[] {
    if (this.finished) return this.#takeUsage(data);
    if (data.trim() === '[DONE]') {
      this.#isDone = true;
      return [];
    }
    let value: unknown;
    try {
      value = JSON.parse(data);
    } catch {
      return this.odd('malformed JSON');
    }
    return this.takeValue(value);
  }

  /** The same for parsed data. Throws an {@link AnswerError} if the answer failed. */
  takeValue(value: unknown): readonly LlmEvent[] {
    const message = fieldsOf(value);
    this.answerId ??= stringOf(message?.id) || stringOf(fieldsOf(message?.response)?.id) || null;
    this.usage = (message && usageOf(message)) ?? this.usage;
    const failure = failureOf(value);
    if (failure) throw failure;
    return message ? this.takeMessage(message) : this.odd('something other than an object');
  }

  /**
   * The remaining events once the stream has ended, `done` last. Throws an {@link AnswerError} if the answer was cut
   * off.
   */
  end(): readonly LlmEvent[] {
    if (!this.finished) throw truncated(this.oddCount);
    return [...this.endText(), ...this.closing()];
  }

  /** Whether a message has ended the answer. */
  protected abstract get hasEnd(): boolean;
  /** Whether the answer reached its maximum length. */
  protected abstract get isCut(): boolean;
  protected abstract takeMessage(message: Readonly<Record<string, unknown>>): readonly LlmEvent[];
  /** The events after the last text. */
  protected abstract closing(): readonly LlmEvent[];

  protected start(): void {
    this.#progress++;
  }

  protected text(text: string): LlmEvent[] {
    if (text === '') return [];
    this.start();
    return this.#given(this.filter.push(text));
  }

  protected reasoning(text: string): LlmEvent[] {
    this.start();
    return this.#given(this.filter.pushReasoning(text));
  }

  /** Returns held text, because no more text follows for now. */
  protected endText(): LlmEvent[] {
    const events = this.#given(this.filter.end(this.#isSure && this.finished && this.isCut));
    this.#callCut ||= this.#written.isWithinCall;
    return [...events, ...this.#token(this.#written.end())];
  }

  /** The tool calls found in the text. Leaves out `known`: the calls that the server reported itself. */
  protected writtenCalls(known: readonly ToolCall[]): ToolCall[] {
    const { calls, dropped } = this.#written;
    const told = new Set(known.map(signature));
    const fresh = calls.filter((call) => !told.has(signature(call)));
    for (let count = 0; count < calls.length; count++)
      this.odd('a tool call in the text, because the server lacks a tool-call parser');
    for (let count = 0; count < dropped; count++)
      this.odd('a tool call in the text that cannot be run, because the server lacks a tool-call parser');
    return fresh.map((call, index) => this.call({ id: `call_text_${known.length + index}`, ...call }));
  }

  /** Whether the text ended inside a tool call. */
  protected get hasCutCall(): boolean {
    return this.#callCut;
  }

  /** Decodes arguments that were encoded as JSON twice; other calls are returned unchanged. */
  protected call(call: ToolCall): ToolCall {
    const plain = unwrapped(call.arguments);
    if (plain === null) return call;
    this.odd('tool arguments that were encoded twice');
    return { ...call, arguments: plain };
  }

  /** Most servers report the usage behind the end of the answer. */
  #takeUsage(data: string): readonly [] {
    if (!data.includes('usage')) return [];
    try {
      const message = fieldsOf(JSON.parse(data));
      this.usage = (message && usageOf(message)) ?? this.usage;
    } catch {
      // The answer is complete without it.
    }
    return [];
  }

  #given(events: LlmEvent[]): LlmEvent[] {
    return events.flatMap((event) => {
      if (event.type === 'token') return this.#token(this.#written.push(event.text));
      // All text until now turned out to be reasoning.
      if (event.type === 'reasoning' && event.soFar) this.#written.reset();
      return [event];
    });
  }

  #token(text: string): LlmEvent[] {
    this.#hasText ||= text !== '';
    return text === '' ? [] : [{ type: 'token', text }];
  }

  protected odd(what: string): [] {
    this.oddCount++;
    if (this.oddities.size < 5) this.oddities.add(what);
    return [];
  }
}

/** The server responded, but the response contains no complete answer. */
export class AnswerError extends Error {
  readonly category: ProviderErrorCategory;
  readonly retryable: boolean | undefined;
  /** The HTTP status that the server put into its error, if any. */
  readonly status: number | undefined;

  constructor(
    message: string,
    category: ProviderErrorCategory,
    { retryable, status }: { readonly retryable?: boolean | undefined; readonly status?: number } = {},
  ) {
    super(message);
    this.name = new.target.name;
    this.category = category;
    this.retryable = retryable;
    this.status = status;
  }
}

/**
 * An error inside a stream that began with status 200, in the forms of OpenAI, Gemini (a list of one) and older vLLM.
 */
function failureOf(value: unknown): AnswerError | null {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const body = fieldsOf(list[0]);
  if (!body || (!saysSomething(body.error) && body.object !== 'error')) return null;
  // Events of the Responses API carry errors in their own fields.
  if (typeof body.type === 'string' && body.type.startsWith('response.')) return null;
  const error = fieldsOf(body.error) ?? body;
  return answerFailure(error, errorMessage(value));
}

/** Some servers send the field with every message, empty. */
function saysSomething(error: unknown): boolean {
  const fields = fieldsOf(error);
  return fields ? Object.values(fields).some((value) => saysSomething(value)) : Boolean(error);
}

/** Makes the error for an answer that the server reports as failed. */
export function answerFailure(
  error: Readonly<Record<string, unknown>> | null,
  message: string | null,
): AnswerError {
  const code = error?.code ?? error?.type;
  const { category, retryable } = categoryOfCode(code);
  const details = { retryable, ...(typeof code === 'number' && { status: code }) };
  return new AnswerError(message ?? 'The answer failed without a reason.', category, details);
}

/** A key that is equal for equal calls. */
function signature({ name, arguments: written }: Pick<ToolCall, 'name' | 'arguments'>): string {
  const plain = unwrapped(written) ?? written;
  try {
    return `${name} ${JSON.stringify(JSON.parse(plain))}`;
  } catch {
    return `${name} ${plain}`;
  }
}

/** The error for a stream that ended before its answer. */
function truncated(oddCount: number): AnswerError {
  const odd = oddCount === 0 ? '' : `, after ${oddCount} messages that hzrelay does not understand`;
  return new AnswerError(`The answer was cut off: the stream ended in the middle of it${odd}.`, 'connection');
}

/** The error for an answer that the provider's moderation stopped. A retry would be stopped too. */
export function filtered(): AnswerError {
  return new AnswerError("The provider's content filter stopped the answer.", 'bad_request');
}

/** The error for a tool call that the maximum length of the answer cut off. */
export function cutToolCall(): AnswerError {
  return new AnswerError(
    'The answer reached its maximum length in the middle of a tool call: allow more tokens.',
    'bad_request',
  );
}
