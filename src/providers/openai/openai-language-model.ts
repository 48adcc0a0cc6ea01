import { systemClock, type Clock } from '../../core/clock.js';
import type { ProviderError } from '../../core/errors.js';
import type { ProviderNotice } from '../../events/provider-notice.js';
import { ofRequest, requestIdOf } from '../request-id.js';
import { runProbe, startupCheck } from '../probe.js';
import { StreamWatchdog } from '../stream-watchdog.js';
import type { LanguageModel, LlmEvent, LlmRequest } from '../language-model.js';
import { AnswerError, type AnswerReader } from './answer-reader.js';
import { ChatAnswer } from './chat-answer.js';
import { defaultBaseUrl, endpointOf, type Endpoint } from './endpoint.js';
import { eventData } from './event-stream.js';
import { defaultModel, isLikelyToOpenInReasoning } from './known-models.js';
import { Liveness } from './liveness.js';
import type { MessageShape } from './message-shape.js';
import { openOpenAiClient, type OpenAiClient } from './openai-client.js';
import { openAiError, requestIdHeader } from './openai-errors.js';
import { probeOpenAi } from './openai-probe.js';
import { RequestForm } from './request-form.js';
import { ResponsesAnswer } from './responses-answer.js';

export interface OpenAiOptions {
  /** Never shown; for servers without keys any text will do. */
  readonly apiKey: string;
  /** @default 'gpt-6-luna' */
  readonly model?: string;
  /**
   * The API's address, version included. Any compatible server works, for example Ollama's `http://localhost:11434/v1`,
   * or a deployment at Azure with its `?api-version=`.
   * @default 'https://api.openai.com/v1'
   */
  readonly baseUrl?: string;
  /**
   * Chat completions, which every compatible server has, or OpenAI's Responses API.
   * @default 'chat'
   */
  readonly api?: 'chat' | 'responses';
  /**
   * Fields added to every request unchanged, for example `{ temperature: 0.4 }`. Reasoning models get their lowest
   * reasoning effort, unless `reasoning_effort` (Responses: `reasoning`) is given here.
   * @default {}
   */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /**
   * The form of the conversation: `open`: unchanged; `strict`: one system message, then user and assistant alternate;
   * `plain`: the same without system and tool messages. For chat templates that accept no other form.
   * @default 'open', and a stricter form after the first refusal
   */
  readonly messageShape?: MessageShape;
  /**
   * Whether the chat template opens the reasoning itself, so that the answer's text begins inside it and has only the
   * closing tag. `true` holds text back until that tag, or until the answer's end if it has none.
   * @default guessed from the model's name and corrected by its answers
   */
  readonly opensInReasoning?: boolean;
  /**
   * Longest wait from the request to the first text, reasoning or tool call, in milliseconds. The server's keep-alives
   * restart it, for at most 30 s.
   * @default 8000
   */
  readonly firstTokenTimeoutMs?: number;
  /** Longest silence in the middle of an answer, in milliseconds. @default 4000 */
  readonly tokenTimeoutMs?: number;
  /** For logs, metrics and errors. @default 'openai' */
  readonly name?: string;
  /** @default the machine's clock */
  readonly clock?: Clock;
}

/** How long to wait for the stream's end after a complete answer, so that the connection can be reused. */
const endOfStreamMs = 250;
/** A `preconnect()` that takes longer than this is aborted by the next one. */
const connectMs = 4000;

/** A language model on OpenAI's API or a compatible one. */
export class OpenAiLanguageModel implements LanguageModel {
  readonly name: string;
  readonly model: string;
  readonly firstTokenTimeoutMs: number | undefined;
  readonly tokenTimeoutMs: number | undefined;
  readonly #options: OpenAiOptions;
  readonly #endpoint: Endpoint;
  readonly #clock: Clock;
  readonly #closing = new AbortController();
  #client: Promise<OpenAiClient> | null = null;
  #warming: Promise<readonly ProviderNotice[]> | null = null;
  /** The form of request that the server accepted last. */
  #form: RequestForm;
  #opensInReasoning: 'no' | 'likely' | 'surely';
  #connecting: { readonly sinceMs: number; readonly abort: AbortController } | null = null;

  /** Starts nothing. Throws a TypeError for an invalid base URL. */
  constructor(options: OpenAiOptions) {
    const {
      model = defaultModel,
      baseUrl = defaultBaseUrl,
      parameters = {},
      messageShape = 'open',
    } = options;
    this.#options = options;
    this.model = model;
    this.#endpoint = endpointOf(baseUrl);
    this.#clock = options.clock ?? systemClock;
    this.#form = new RequestForm({ model, parameters, messageShape, origin: this.#endpoint.origin });
    const { opensInReasoning: told } = options;
    if (told !== undefined) this.#opensInReasoning = told ? 'surely' : 'no';
    else this.#opensInReasoning = isLikelyToOpenInReasoning(model) ? 'likely' : 'no';
    this.name = options.name ?? 'openai';
    this.firstTokenTimeoutMs = options.firstTokenTimeoutMs;
    this.tokenTimeoutMs = options.tokenTimeoutMs;
  }

  /**
   * Loads the SDK, opens a connection and checks the key. Rejects with a ProviderError if the key or the model is
   * refused. A server that does not answer within a second is no error. Concurrent calls share one check.
   */
  warmUp(): Promise<readonly ProviderNotice[]> {
    this.#warming ??= this.#warmUp().finally(() => (this.#warming = null));
    return this.#warming;
  }

  /**
   * Checks key and model, which costs no tokens. Resolves with a notice if the model will be shut down. Rejects with a
   * ProviderError.
   */
  probe(signal: AbortSignal): Promise<readonly ProviderNotice[]> {
    const errorOf = (thrown: unknown): ProviderError => this.#failure(thrown);
    return runProbe(
      { kind: 'llm', provider: this.name, clock: this.#clock, signal, errorOf },
      async (limit) => probeOpenAi((await this.#loadClient()).api, this.model, limit),
    );
  }

  /**
   * Opens a connection if none is idle, by requesting the model, which is free. It must be a GET: undici closes the
   * connection after a HEAD.
   */
  preconnect(): void {
    const nowMs = this.#clock.nowMs();
    if (this.#closing.signal.aborted) return;
    if (this.#connecting && nowMs - this.#connecting.sinceMs < connectMs) return;
    this.#connecting?.abort.abort();
    const connecting = { sinceMs: nowMs, abort: new AbortController() };
    this.#connecting = connecting;
    void this.#connect(connecting.abort.signal)
      // If the server fails, the request for the answer will report it.
      .catch(() => undefined)
      .finally(() => {
        if (this.#connecting === connecting) this.#connecting = null;
      });
  }

  /**
   * Streams one answer. Aborting the request's signal ends the iteration without a `done` and closes the stream. Throws
   * a ProviderError for any failure, including a stream that is cut off or stalls. A request is sent again only if the
   * server refused its form and another form is known.
   */
  async *generate(request: LlmRequest): AsyncGenerator<LlmEvent> {
    const isAborted = (): boolean => request.signal.aborted;
    if (isAborted()) return;
    const watchdog = new StreamWatchdog(this.#clock, request.signal);
    const { firstTokenTimeoutMs = 8000, tokenTimeoutMs = 4000 } = this.#options;
    const limits = { firstTokenMs: firstTokenTimeoutMs, tokenMs: tokenTimeoutMs };
    const liveness = new Liveness(watchdog, this.#clock, limits);
    const { origin } = this.#endpoint;
    const options = { origin, tools: request.tools, opensInReasoning: this.#opensInReasoning };
    const reader = this.#options.api === 'responses' ? new ResponsesAnswer(options) : new ChatAnswer(options);
    const told = new ToldRequest((requestId) =>
      request.onIncident?.({ type: 'request', kind: 'llm', provider: this.name, requestId }),
    );
    try {
      yield* this.#read(request, reader, { watchdog, liveness, told });
      if (watchdog.expiredMs !== null && !reader.finished) throw silence(liveness);
      if (isAborted()) return;
      yield* reader.end();
    } catch (thrown) {
      if (isAborted()) return;
      const isLate = watchdog.expiredMs !== null && !reader.finished;
      throw ofRequest(this.#failure(isLate ? silence(liveness) : thrown), told.requestId);
    } finally {
      watchdog.stop();
      this.#learnFrom(reader);
      if (reader.oddCount > 0 && !isAborted()) request.onIncident?.(this.#oddities(reader));
    }
  }

  /** Ends idle connections at once, the others with their request. Idempotent. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#connecting?.abort.abort();
    const client = await this.#client?.catch(() => null);
    await client?.http.close();
  }

  /** Gives all events but those of the answer's end. */
  async *#read(
    request: LlmRequest,
    reader: AnswerReader,
    {
      watchdog,
      liveness,
      told,
    }: { readonly watchdog: StreamWatchdog; readonly liveness: Liveness; readonly told: ToldRequest },
  ): AsyncGenerator<LlmEvent> {
    const response = await this.#open(request, watchdog.signal);
    const { apiKey } = this.#options;
    told.tell(requestIdOf(response.headers.get(requestIdHeader), apiKey));
    try {
      for await (const data of dataOf(response)) {
        const { progress } = reader;
        if (data === null) {
          // Once text has been given, keep-alives do not extend the wait: the supervisor requests the rest again.
          if (!reader.hasText) this.#keepAlive(request, liveness);
          continue;
        }
        const events = reader.take(data);
        // Compatible servers without the header name their answers all the same.
        told.tell(requestIdOf(reader.answerId, apiKey));
        for (const event of events) {
          // What was read before an abort must not come after it.
          if (request.signal.aborted) return;
          watchdog.rest();
          yield event;
        }
        if (reader.finished) {
          watchdog.expect(endOfStreamMs);
        } else if (reader.progress > progress) {
          liveness.progressed();
          request.onProgress?.('answer');
        } else {
          this.#keepAlive(request, liveness);
        }
      }
    } catch (thrown) {
      // After a complete answer a broken connection does no harm.
      if (!reader.finished) throw thrown;
    }
  }

  #keepAlive({ onProgress }: LlmRequest, liveness: Liveness): void {
    liveness.keptAlive();
    onProgress?.('keep_alive');
  }

  /** Sends the request; if the server refuses its form, tries the next one. */
  async #open(request: LlmRequest, signal: AbortSignal): Promise<Response> {
    const { api } = await this.#loadClient();
    const ask = (form: RequestForm): Promise<Response> =>
      this.#options.api === 'responses'
        ? api.responses.create(form.responsesBody(request), { signal }).asResponse()
        : api.chat.completions.create(form.chatBody(request), { signal }).asResponse();
    for (let form = this.#form; ;) {
      try {
        const response = await ask(form);
        this.#form = form;
        return response;
      } catch (thrown) {
        const next = form.after(thrown);
        if (!next) throw thrown;
        form = next;
      }
    }
  }

  async #warmUp(): Promise<readonly ProviderNotice[]> {
    await this.#loadClient();
    return startupCheck((signal) => this.probe(signal), this.#clock);
  }

  async #connect(signal: AbortSignal): Promise<void> {
    const { api, http } = await this.#loadClient();
    if (http.hasIdleConnection || signal.aborted) return;
    const response = await api.models.retrieve(this.model, { signal }).asResponse();
    // The connection is free only after the whole body was read.
    await response.text();
  }

  #learnFrom(reader: AnswerReader): void {
    const { beganInReasoning, beganOtherwise, finished, hasText } = reader;
    if (beganInReasoning) this.#opensInReasoning = 'surely';
    // If the user set `opensInReasoning`, one answer without reasoning does not change it.
    else if (beganOtherwise || (finished && hasText && this.#options.opensInReasoning !== true))
      this.#opensInReasoning = 'no';
  }

  #oddities({ oddities, oddCount }: AnswerReader): { type: 'warning'; code: string; message: string } {
    const message = `${this.name} sent ${oddCount} odd pieces of an answer, which were skipped or repaired: ${[...oddities].join(', ')}.`;
    return { type: 'warning', code: 'llm_odd_messages', message };
  }

  #loadClient(): Promise<OpenAiClient> {
    this.#client ??= openOpenAiClient(this.#endpoint, this.#options.apiKey);
    return this.#client;
  }

  #failure(thrown: unknown): ProviderError {
    const { isOwnService } = this.#endpoint;
    return openAiError(thrown, {
      provider: this.name,
      apiKey: this.#options.apiKey,
      model: this.model,
      isOwnService,
    });
  }
}

/** The id of one request, told once. */
class ToldRequest {
  requestId: string | undefined;
  readonly #onTold: (requestId: string) => void;

  constructor(onTold: (requestId: string) => void) {
    this.#onTold = onTold;
  }

  tell(requestId: string | undefined): void {
    if (requestId === undefined || this.requestId !== undefined) return;
    this.requestId = requestId;
    this.#onTold(requestId);
  }
}

/**
 * The data from {@link eventData}, or the one answer of a server that does not stream. Throws an {@link AnswerError}
 * for a web page.
 */
async function* dataOf(response: Response): AsyncGenerator<string | null> {
  const contentType = response.headers.get('content-type') ?? '';
  if (contentType.includes('json') && !/ndjson|jsonl/.test(contentType)) {
    const text = await response.text();
    if (isAnswer(text)) return yield* [text, '[DONE]'];
  } else if (!contentType.includes('html')) {
    if (response.body) yield* eventData(response.body);
    return;
  } else {
    void response.body?.cancel().catch(() => undefined);
  }
  throw new AnswerError(`It sent ${contentType} instead of a stream: check the base URL.`, 'server');
}

function isAnswer(text: string): boolean {
  return /^\s*\{/.test(text) && /"(?:choices|output|error)"\s*:/.test(text);
}

function silence(liveness: Liveness): AnswerError {
  return new AnswerError(liveness.silence, 'timeout');
}

/**
 * Makes a language model on OpenAI's API or a compatible server. Loads the SDK and connects at warm-up or first use.
 * Sessions may share it; the caller closes it.
 */
export function openAiLanguageModel(options: OpenAiOptions): OpenAiLanguageModel {
  return new OpenAiLanguageModel(options);
}
