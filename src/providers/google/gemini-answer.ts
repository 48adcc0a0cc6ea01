import type { LlmEvent, ToolCall } from '../language-model.js';
import { AnswerError } from './answer-error.js';
import { Refusal } from './error-body.js';
import { googleMessage, type GoogleMessage, type GooglePart, type GoogleUsage } from './google-messages.js';
import { parsedJson } from './wire-value.js';

export interface GeminiAnswerOptions {
  /** The service's address: signatures are marked with it. */
  readonly origin: string;
  /** Makes an id for a call that has none. */
  readonly newId: () => string;
}

/** Fields of `ToolCall.extra.call` that belong to Gemini. */
export interface CallExtra {
  readonly thoughtSignature?: string;
  /** The text before the call and its signature, in the first call of an answer. */
  readonly signedText?: { readonly text: string; readonly thoughtSignature: string };
}

/**
 * Turns the messages of one stream into an answer, in order. Malformed or unknown messages are skipped and counted; they
 * never end the answer. Tool calls are given at its end, because a later message may declare them invalid. Pure: has no
 * timers and no connection.
 */
export class GeminiAnswer {
  /** Kinds of messages that were skipped, each once. */
  readonly oddities = new Set<string>();
  /** How often messages were skipped. */
  oddCount = 0;
  /** The last report; null until there is one. */
  usage: GoogleUsage | null = null;
  /** Pieces of text, reasoning and tool calls that have arrived. */
  pieces = 0;
  /** What the service calls the answer; empty until it has said so. */
  responseId = '';
  /** Whether the service refused the conversation. */
  isBlocked = false;
  /** Whether the last message brought a piece of the answer. */
  madeProgress = false;
  readonly #options: GeminiAnswerOptions;
  readonly #calls: Extract<GooglePart, { type: 'call' }>[] = [];
  #text = '';
  #textSignature = '';
  #finishReason = '';
  #finishMessage = '';

  constructor(options: GeminiAnswerOptions) {
    this.#options = options;
  }

  /** Whether the model has ended its answer. Some models say so in every message, so that text may follow. */
  get finished(): boolean {
    return this.#finishReason !== '';
  }

  /** Whether any text of the answer has been given. */
  get hasText(): boolean {
    return this.#text !== '';
  }

  /** The events of the next message. Throws an {@link AnswerError} or a {@link Refusal} if the answer failed. */
  take(data: string): readonly LlmEvent[] {
    this.madeProgress = false;
    // The end of a stream for clients of OpenAI; some proxies send it here, too.
    if (data.trim() === '[DONE]') return [];
    const value = parsedJson(data);
    if (value === undefined) return this.#odd('malformed JSON');
    const message = googleMessage(value);
    if (!message) return this.#odd('something other than an object');
    if (message.error) return this.#failed(message.error);
    if (!message.isKnown) return this.#odd('a message without known fields');
    this.usage = message.usage ?? this.usage;
    this.responseId = this.responseId === '' ? message.responseId : this.responseId;
    if (message.blockReason !== '') {
      this.isBlocked = true;
      throw blocked(message.blockReason);
    }
    return this.#answered(message);
  }

  /** The remaining events once the stream has ended, `done` last. Throws an {@link AnswerError} for no complete answer. */
  end(): readonly LlmEvent[] {
    const reason = this.#finishReason;
    if (reason === '') throw cutOff(this.oddCount);
    const failure = failureOf(reason, this.#finishMessage);
    if (failure) throw failure;
    const calls = this.#toolCalls();
    if (reason === 'MAX_TOKENS') {
      if (calls.length > 0) throw tooLong('in the middle of its tool calls');
      if (!this.hasText) throw tooLong('before its first word');
      return [{ type: 'done', finishReason: 'length' }];
    }
    if (!knownEnds.has(reason)) {
      this.#odd(`the finish reason ${reason.slice(0, 40)}`);
      if (calls.length === 0 && !this.hasText) throw ended(reason, this.#finishMessage);
    }
    // The finish reason of tool calls is STOP, too.
    return [
      ...calls.map((call): LlmEvent => ({ type: 'tool_call', call })),
      { type: 'done', finishReason: calls.length > 0 ? 'tool_calls' : 'stop' },
    ];
  }

  #answered({ parts, finishReason, finishMessage }: GoogleMessage): readonly LlmEvent[] {
    const events = parts.flatMap((part) => this.#part(part));
    if (finishReason !== '') {
      this.#finishReason = finishReason;
      this.#finishMessage = finishMessage;
    }
    return events;
  }

  #part(part: GooglePart): LlmEvent[] {
    if (part.type === 'unknown') return this.#odd('a part of unknown type');
    if (part.type === 'call') {
      if (part.name === '') return this.#odd('a tool call without a name');
      this.#arrived();
      this.#calls.push(part);
      return [];
    }
    // Signatures of thoughts are those of the part behind them.
    if (!part.isThought && part.signature !== '' && this.#calls.length === 0)
      this.#textSignature = part.signature;
    if (part.text === '') return [];
    this.#arrived();
    if (part.isThought) return [{ type: 'reasoning', text: part.text }];
    this.#text += part.text;
    return [{ type: 'token', text: part.text }];
  }

  #toolCalls(): ToolCall[] {
    const ids = new Set<string>();
    return this.#calls.map(({ id: given, name, arguments: written, signature }, index) => {
      const id = given === '' || ids.has(given) ? this.#options.newId() : given;
      ids.add(id);
      const isSigned = index === 0 && this.#textSignature !== '' && this.hasText;
      const call: CallExtra = {
        ...(signature !== '' && { thoughtSignature: signature }),
        ...(isSigned && { signedText: { text: this.#text, thoughtSignature: this.#textSignature } }),
      };
      const extra = { origin: this.#options.origin, call: { ...call }, function: {} };
      return { id, name, arguments: written, ...(Object.keys(call).length > 0 && { extra }) };
    });
  }

  /** An error behind a complete answer does no harm. */
  #failed(error: Readonly<Record<string, unknown>>): [] {
    if (this.finished && (this.hasText || this.#calls.length > 0))
      return this.#odd('an error behind the answer');
    throw Refusal.of(null, { error });
  }

  #arrived(): void {
    this.pieces++;
    this.madeProgress = true;
  }

  #odd(what: string): [] {
    this.oddCount++;
    if (this.oddities.size < 5) this.oddities.add(what);
    return [];
  }
}

const knownEnds = new Set(['STOP']);

/** Another request would end in the same way. */
const filters = new Set([
  'SAFETY',
  'RECITATION',
  'BLOCKLIST',
  'PROHIBITED_CONTENT',
  'SPII',
  'LANGUAGE',
  'IMAGE_SAFETY',
  'IMAGE_PROHIBITED_CONTENT',
  'IMAGE_RECITATION',
]);

/** The model went wrong; another attempt may succeed. */
const mishaps = new Set([
  'OTHER',
  'MALFORMED_FUNCTION_CALL',
  'MALFORMED_RESPONSE',
  'UNEXPECTED_TOOL_CALL',
  'TOO_MANY_TOOL_CALLS',
]);

/** The error for a finish reason that is not the end of an answer. */
function failureOf(reason: string, message: string): AnswerError | null {
  if (filters.has(reason))
    return new AnswerError(`Gemini's filter stopped the answer (${reason}).${added(message)}`, 'bad_request');
  return mishaps.has(reason) ? ended(reason, message) : null;
}

function ended(reason: string, message: string): AnswerError {
  return new AnswerError(`The answer ended with ${reason.slice(0, 60)}.${added(message)}`, 'server');
}

function added(message: string): string {
  return message === '' ? '' : ` ${message.slice(0, 300)}`;
}

function blocked(reason: string): AnswerError {
  return new AnswerError(`Gemini's filter refused the conversation (${reason.slice(0, 60)}).`, 'bad_request');
}

function tooLong(where: string): AnswerError {
  return new AnswerError(
    `The answer reached its maximum length ${where}: raise maxTokens, which counts the reasoning, too.`,
    'bad_request',
  );
}

function cutOff(oddCount: number): AnswerError {
  const odd = oddCount === 0 ? '' : `, after ${oddCount} messages that hzrelay does not understand`;
  return new AnswerError(`The answer was cut off: the stream ended in the middle of it${odd}.`, 'connection');
}
