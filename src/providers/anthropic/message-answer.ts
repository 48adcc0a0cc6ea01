import type { LlmUsage } from '../../metrics/provider-usage.js';
import type { LlmEvent, ToolCall } from '../language-model.js';
import { AnswerError } from './answer-error.js';
import {
  parsedJson,
  readStreamMessage,
  type ContentBlock,
  type StreamMessage,
  type WireUsage,
} from './anthropic-messages.js';
import { categoryOfType } from './error-category.js';

/** What was used, without the names of provider and model. */
export type UsedTokens = Omit<LlmUsage, 'kind' | 'provider' | 'model'>;

/** A content block while it arrives. */
interface Draft {
  readonly block: ContentBlock;
  text: string;
  signature: string;
  json: string;
}

type Delta = Extract<StreamMessage, { type: 'content_block_delta' }>['delta'];
type MessageDelta = Extract<StreamMessage, { type: 'message_delta' }>;

export interface MessageAnswerOptions {
  /** The server's origin: thinking that only it understands is marked with it. */
  readonly origin: string;
  readonly model: string;
}

/**
 * Turns the events of one stream into an answer, in order. Malformed and unknown events are skipped and counted; they never
 * end the answer. Pure: has no timers and no connection.
 */
export class MessageAnswer {
  /** Kinds of data that were skipped, each once, in order of appearance. */
  readonly oddities = new Set<string>();
  /** How often data were skipped. */
  oddCount = 0;
  readonly #options: MessageAnswerOptions;
  readonly #drafts = new Map<number, Draft>();
  #usage: WireUsage = {};
  #hasFinalUsage = false;
  #stopReason: string | null = null;
  #stopDetails: MessageDelta['delta']['stop_details'] = null;
  #isStopped = false;
  #pieces = 0;
  #progress = 0;
  #hasText = false;

  constructor(options: MessageAnswerOptions) {
    this.#options = options;
  }

  /** Grows whenever the model thinks, or writes text or a tool call. */
  get progress(): number {
    return this.#progress;
  }

  /** Whether any text of the answer has been given. */
  get hasText(): boolean {
    return this.#hasText;
  }

  /** Whether the answer is complete; later data in the stream are ignored. */
  get finished(): boolean {
    return this.#isStopped || this.#stopReason !== null;
  }

  /** Whether the server paused its own tools' work, and continues it when it gets the {@link content} so far. */
  get isPaused(): boolean {
    return this.#stopReason === 'pause_turn';
  }

  /** The events from the next data. Throws an {@link AnswerError} if the answer failed. */
  take(data: string): readonly LlmEvent[] {
    if (this.#isStopped) return [];
    const message = readStreamMessage(data);
    switch (message?.type) {
      case 'message_start':
        this.#addUsage(message.message.usage);
        return [];
      case 'content_block_start':
        return this.#open(message.index, message.content_block);
      case 'content_block_delta':
        return this.#extend(message.index, message.delta);
      case 'message_delta':
        return this.#close(message);
      case 'message_stop':
        this.#isStopped = true;
        return [];
      case 'content_block_stop':
      case 'ping':
        return [];
      case 'error': {
        // After the reason of the stop the answer is complete.
        if (this.finished) return [];
        const { type, message: words } = message.error;
        throw new AnswerError(words ?? 'The answer failed without a reason.', categoryOfType(type ?? null));
      }
      default:
        return this.#odd('an unknown event');
    }
  }

  /** The last events once the stream has ended, `done` included. Throws an {@link AnswerError} if the answer was cut off. */
  end(): readonly LlmEvent[] {
    if (!this.finished) throw new AnswerError(this.#cutOff, 'connection');
    if (this.#stopReason === 'refusal') throw this.#refusal();
    const calls = this.#toolCalls();
    const isFull = this.#stopReason === 'max_tokens' || this.#stopReason === 'model_context_window_exceeded';
    if (isFull && calls.some((call) => parsedJson(call.arguments) === undefined))
      throw new AnswerError(
        'The answer reached its maximum length in the middle of a tool call: allow more with maxTokens.',
        'bad_request',
      );
    const finishReason = calls.length > 0 ? 'tool_calls' : isFull ? 'length' : 'stop';
    return [...calls.map((call) => ({ type: 'tool_call', call }) as const), { type: 'done', finishReason }];
  }

  /** All blocks so far, in the form in which the server takes them back. */
  get content(): readonly ContentBlock[] {
    return [...this.#drafts]
      .sort(([one], [other]) => one - other)
      .map(([, draft]) => finishedBlock(draft))
      .filter(({ type, text }) => type !== 'text' || (typeof text === 'string' && text.trim() !== ''));
  }

  /** What was used. The input of a server that has not told it is estimated from the request's `sentChars`. */
  usage(sentChars: number): UsedTokens {
    const {
      input_tokens: input,
      cache_creation_input_tokens: written,
      cache_read_input_tokens: read,
    } = this.#usage;
    const { output_tokens: output, output_tokens_details: details } = this.#usage;
    const knowsInput = typeof input === 'number';
    const knowsOutput = this.#hasFinalUsage && typeof output === 'number';
    const reasoning = knowsOutput ? details?.thinking_tokens : undefined;
    return {
      inputTokens: knowsInput ? input + (written ?? 0) + (read ?? 0) : Math.ceil(sentChars / 4),
      ...(read && { cachedInputTokens: read }),
      ...(written && { cacheWriteTokens: written }),
      outputTokens: knowsOutput ? output : this.#pieces,
      ...(reasoning && { reasoningTokens: reasoning }),
      ...(!(knowsInput && knowsOutput) && { estimated: true }),
    };
  }

  #open(index: number, block: ContentBlock): LlmEvent[] {
    this.#drafts.set(index, { block, text: '', signature: '', json: '' });
    if (block.type !== 'text') this.#progress++;
    if (block.type === 'text' && typeof block.text === 'string') return this.#text(index, block.text);
    if (block.type === 'thinking' && typeof block.thinking === 'string')
      return this.#thinking(index, block.thinking);
    return [];
  }

  #extend(index: number, delta: Delta): LlmEvent[] {
    switch (delta.type) {
      case 'text_delta':
        return this.#text(index, delta.text ?? '');
      case 'thinking_delta':
        return this.#thinking(index, delta.thinking ?? '');
      case 'signature_delta':
        this.#progress++;
        this.#draft(index, 'thinking').signature += delta.signature ?? '';
        return [];
      case 'input_json_delta': {
        const json = delta.partial_json ?? '';
        const draft = this.#drafts.get(index);
        if (!draft) return this.#odd('a part of a tool call that was not begun');
        this.#progress++;
        if (json !== '') this.#pieces++;
        draft.json += json;
        return [];
      }
      // Citations belong to documents, which are never sent.
      case 'citations_delta':
        return [];
      default:
        return this.#odd('an unknown part of a block');
    }
  }

  #text(index: number, text: string): LlmEvent[] {
    if (text === '') return [];
    this.#progress++;
    this.#pieces++;
    this.#hasText = true;
    this.#draft(index, 'text').text += text;
    return [{ type: 'token', text }];
  }

  #thinking(index: number, text: string): LlmEvent[] {
    this.#progress++;
    if (text === '') return [];
    this.#pieces++;
    this.#draft(index, 'thinking').text += text;
    return [{ type: 'reasoning', text }];
  }

  /** The block of this index. One that was not begun is begun here: the text in it is as good. */
  #draft(index: number, type: string): Draft {
    const known = this.#drafts.get(index);
    if (known) return known;
    this.#odd('a block that was not begun');
    const draft = { block: { type }, text: '', signature: '', json: '' };
    this.#drafts.set(index, draft);
    return draft;
  }

  #close({ delta, usage }: MessageDelta): LlmEvent[] {
    this.#addUsage(usage);
    this.#stopReason = delta.stop_reason ?? this.#stopReason;
    this.#hasFinalUsage ||= this.#stopReason !== null && typeof usage?.output_tokens === 'number';
    this.#stopDetails = delta.stop_details ?? this.#stopDetails;
    return [];
  }

  /** Counts are cumulative, and those that are left out are unchanged. */
  #addUsage(usage: WireUsage | null | undefined): void {
    const told = Object.entries<unknown>(usage ?? {}).filter(
      ([, value]) => value !== null && value !== undefined,
    );
    this.#usage = { ...this.#usage, ...Object.fromEntries(told) };
  }

  #toolCalls(): ToolCall[] {
    const blocks = this.content;
    const hasThought = blocks.some(({ type }) => isThought(type));
    const calls = blocks.filter(({ type, name }) => type === 'tool_use' && typeof name === 'string');
    return calls.map((block, index) => {
      const { origin, model } = this.#options;
      // The whole answer goes with its first call: thinking is only accepted in its original place.
      const extra = { origin, call: { model, content: blocks }, function: {} };
      const written = this.#writtenInput(block);
      return {
        id: typeof block.id === 'string' && block.id !== '' ? block.id : `toolu_${index}`,
        name: String(block.name),
        arguments: written,
        ...(hasThought && index === 0 && { extra }),
      };
    });
  }

  /** The arguments as the model wrote them, which need not be valid JSON. */
  #writtenInput(block: ContentBlock): string {
    const draft = [...this.#drafts.values()].find((one) => one.block.id === block.id);
    return draft && draft.json.trim() !== '' ? draft.json : JSON.stringify(block.input ?? {});
  }

  #refusal(): AnswerError {
    const { category, explanation } = this.#stopDetails ?? {};
    const why = category ? ` (${category})` : '';
    const words = explanation ? `: ${explanation}` : '.';
    return new AnswerError(`The model refused to answer${why}${words}`, 'bad_request');
  }

  get #cutOff(): string {
    const odd = this.oddCount === 0 ? '' : `, after ${this.oddCount} events that hzrelay does not understand`;
    return `The answer was cut off: the stream ended in the middle of it${odd}.`;
  }

  #odd(what: string): [] {
    this.oddCount++;
    if (this.oddities.size < 5) this.oddities.add(what);
    return [];
  }
}

/** Whether it is a block of the model's thinking. */
export function isThought(type: string): boolean {
  return type === 'thinking' || type === 'redacted_thinking';
}

function finishedBlock({ block, text, signature, json }: Draft): ContentBlock {
  if (block.type === 'text') return { type: 'text', text };
  if (block.type === 'thinking')
    return { ...block, thinking: text, signature: signature === '' ? (block.signature ?? '') : signature };
  return json.trim() === '' ? block : { ...block, input: inputOf(json) ?? block.input ?? {} };
}

/** Tool input as an object; null for any other JSON. */
export function inputOf(json: string): Readonly<Record<string, unknown>> | null {
  const value = parsedJson(json);
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : null;
}
