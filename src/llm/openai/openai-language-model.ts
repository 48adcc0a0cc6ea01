import type { OpenAI } from 'openai';
import { systemClock, type Clock } from '../../clock.js';
import type { ProviderError } from '../../errors.js';
import type { LanguageModel, LlmEvent, LlmRequest } from '../language-model.js';
import { AnswerError, type AnswerReader } from './answer-reader.js';
import { ChatAnswer } from './chat-answer.js';
import { openAiError } from './openai-errors.js';
import { chatMessages, chatTools, responsesInput, responsesTools } from './openai-messages.js';
import { probeOpenAi } from './openai-probe.js';
import { ResponsesAnswer } from './responses-answer.js';
import { refusalBy, runProbe } from '../../supervisor/probe.js';
import { StreamWatchdog } from '../../supervisor/stream-watchdog.js';

export interface OpenAiOptions {
  /** Never shown; servers that want none take any. */
  readonly apiKey: string;
  /** @default 'gpt-4o-mini' */
  readonly model?: string;
  /**
   * Where the API is, its version included; any server that speaks it will do, for example Ollama's
   * `http://localhost:11434/v1`.
   * @default 'https://api.openai.com/v1'
   */
  readonly baseUrl?: string;
  /**
   * Chat completions, which every compatible server has, or OpenAI's Responses API.
   * @default 'chat'
   */
  readonly api?: 'chat' | 'responses';
  /** Goes into every request as it is, for example `{ temperature: 0.4 }`. @default {} */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** Longest wait from the request to the first text or tool call, in milliseconds. @default 8000 */
  readonly firstTokenTimeoutMs?: number;
  /** Longest silence in the middle of an answer, in milliseconds. @default 4000 */
  readonly tokenTimeoutMs?: number;
  /** For logs, metrics and errors. @default 'openai' */
  readonly name?: string;
  /** @default the machine's */
  readonly clock?: Clock;
}

const defaultModel = 'gpt-4o-mini';
const defaultBaseUrl = 'https://api.openai.com/v1';
/** A stream that has said everything may take this long to end; the connection can be used again if it does. */
const endOfStreamMs = 250;

/** Language models behind OpenAI's API. */
export class OpenAiLanguageModel implements LanguageModel {
  readonly name: string;
  readonly #options: OpenAiOptions;
  readonly #clock: Clock;
  #client: Promise<OpenAI> | null = null;

  /** Starts nothing. */
  constructor(options: OpenAiOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.name = options.name ?? 'openai';
  }

  /**
   * Loads the SDK, opens a connection and has the key checked. Rejects with a ProviderError where the key or the model is
   * refused; a server that does not answer within a second is not held against it.
   */
  async warmUp(): Promise<void> {
    await this.#loadClient();
    const refusal = await refusalBy((signal) => this.probe(signal), this.#clock);
    if (refusal) throw refusal;
  }

  /** Has key and model checked, which costs no tokens. Rejects with a ProviderError. */
  probe(signal: AbortSignal): Promise<void> {
    const errorOf = (thrown: unknown): ProviderError => this.#failure(thrown);
    const model = this.#options.model ?? defaultModel;
    return runProbe(
      { kind: 'llm', provider: this.name, clock: this.#clock, signal, errorOf },
      async (limit) => probeOpenAi(await this.#loadClient(), model, limit),
    );
  }

  /**
   * One streamed answer. Aborting the request's signal ends the iteration without a `done` and closes the stream. Throws
   * a ProviderError for whatever fails, a stream that is cut off or falls silent included; nothing is tried again here.
   */
  async *generate(request: LlmRequest): AsyncGenerator<LlmEvent> {
    const isAborted = (): boolean => request.signal.aborted;
    if (isAborted()) return;
    const watchdog = new StreamWatchdog(this.#clock, request.signal);
    const reader = this.#options.api === 'responses' ? new ResponsesAnswer() : new ChatAnswer();
    try {
      yield* this.#read(request, reader, watchdog);
      if (watchdog.expiredMs !== null && !reader.finished) throw silence(watchdog.expiredMs, reader);
      if (isAborted()) return;
      yield* reader.end();
    } catch (thrown) {
      if (isAborted()) return;
      throw this.#failure(watchdog.expiredMs === null ? thrown : silence(watchdog.expiredMs, reader));
    } finally {
      watchdog.stop();
    }
  }

  /** Everything but the end. The SDK's iteration ends without a word when it is aborted. */
  async *#read(
    request: LlmRequest,
    reader: AnswerReader,
    watchdog: StreamWatchdog,
  ): AsyncGenerator<LlmEvent> {
    const { firstTokenTimeoutMs = 8000, tokenTimeoutMs = 4000 } = this.#options;
    watchdog.expect(firstTokenTimeoutMs);
    const messages = await this.#open(request, watchdog.signal);
    try {
      for await (const message of messages) {
        for (const event of reader.take(message)) {
          // What was read before an abort must not come after it.
          if (request.signal.aborted) return;
          watchdog.rest();
          yield event;
        }
        if (reader.started) request.onProgress?.();
        if (reader.finished) watchdog.expect(endOfStreamMs);
        else if (reader.started) watchdog.expect(tokenTimeoutMs);
      }
    } catch (thrown) {
      // A connection that breaks behind a complete answer has done its work.
      if (!reader.finished) throw thrown;
    }
  }

  async #open(request: LlmRequest, signal: AbortSignal): Promise<AsyncIterable<unknown>> {
    const client = await this.#loadClient();
    const { data, response } = await (this.#options.api === 'responses'
      ? client.responses.create(this.#responsesBody(request), { signal }).withResponse()
      : client.chat.completions.create(this.#chatBody(request), { signal }).withResponse());
    const contentType = response.headers.get('content-type') ?? '';
    if (/html|json/.test(contentType)) {
      data.controller.abort();
      throw new AnswerError(`It sent ${contentType} instead of a stream: check the base URL.`, 'server');
    }
    return data;
  }

  #chatBody({ messages, tools }: LlmRequest): OpenAI.Chat.ChatCompletionCreateParamsStreaming {
    return {
      ...this.#options.parameters,
      model: this.#options.model ?? defaultModel,
      messages: chatMessages(messages),
      // An empty list is refused.
      ...(tools.length > 0 && { tools: chatTools(tools) }),
      stream: true,
    };
  }

  #responsesBody({ messages, tools }: LlmRequest): OpenAI.Responses.ResponseCreateParamsStreaming {
    return {
      // Every request brings the whole conversation, so nobody needs to keep it.
      store: false,
      ...this.#options.parameters,
      model: this.#options.model ?? defaultModel,
      input: responsesInput(messages),
      ...(tools.length > 0 && { tools: responsesTools(tools) }),
      stream: true,
    };
  }

  #loadClient(): Promise<OpenAI> {
    this.#client ??= this.#makeClient();
    return this.#client;
  }

  async #makeClient(): Promise<OpenAI> {
    const { OpenAI } = await import('openai');
    const { apiKey, baseUrl = defaultBaseUrl } = this.#options;
    return new OpenAI({
      apiKey,
      baseURL: baseUrl,
      // Whether a turn has time for a second attempt is not for the SDK to judge.
      maxRetries: 0,
      // It would write what callers and model say to the console.
      logLevel: 'off',
    });
  }

  #failure(thrown: unknown): ProviderError {
    return openAiError(thrown, { provider: this.name, apiKey: this.#options.apiKey });
  }
}

function silence(limitMs: number, { started }: AnswerReader): AnswerError {
  return new AnswerError(
    started ? `It fell silent for ${limitMs} ms.` : `No answer began within ${limitMs} ms.`,
    'timeout',
  );
}

/**
 * A language model behind OpenAI's API, or behind any server that speaks it. The SDK is loaded and the first connection
 * opened when it is warmed up or first used; it holds nothing that must be closed, and any number of sessions may share it.
 */
export function openAiLanguageModel(options: OpenAiOptions): OpenAiLanguageModel {
  return new OpenAiLanguageModel(options);
}
