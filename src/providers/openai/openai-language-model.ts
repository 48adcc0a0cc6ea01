import { systemClock, type Clock } from '../../core/clock.js';
import type { ProviderError } from '../../core/errors.js';
import type { ProviderNotice } from '../../events/provider-notice.js';
import { ofRequest, requestIdOf } from '../request-id.js';
import { runProbe, startupCheck } from '../probe.js';
import { StreamWatchdog } from '../stream-watchdog.js';
import type { LanguageModel, LlmEvent, LlmRequest } from '../language-model.js';
import { AnswerError, type AnswerReader } from './answer-reader.js';
import { estimatedUsage } from '../estimated-usage.js';
import { AskedRequest } from './asked-request.js';
import { ChatAnswer } from './chat-answer.js';
import { endpointOf, type Endpoint } from './endpoint.js';
import { defaultModel, isLikelyToOpenInReasoning } from './known-models.js';
import { Liveness } from './liveness.js';
import { openOpenAiClient, type OpenAiClient } from './openai-client.js';
import { openAiError, requestIdHeader } from './openai-errors.js';
import type { OpenAiOptions } from './openai-options.js';
import { probeOpenAi } from './openai-probe.js';
import { RequestForm } from './request-form.js';
import { ResponsesAnswer } from './responses-answer.js';
import { openAiService, type ServiceTraits } from './service-traits.js';

/** A `preconnect()` that takes longer than this is aborted by the next one. */
const connectMs = 4000;

/** A language model on OpenAI's API or a compatible one. */
export class OpenAiLanguageModel implements LanguageModel {
  readonly name: string;
  readonly model: string;
  readonly firstTokenTimeoutMs: number | undefined;
  readonly tokenTimeoutMs: number | undefined;
  readonly #options: OpenAiOptions;
  readonly #service: ServiceTraits;
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
    const { model = defaultModel, service = openAiService } = options;
    this.#options = options;
    this.#service = service;
    this.model = model;
    this.#endpoint = endpointOf(options.baseUrl ?? service.baseUrl ?? '', service);
    this.#clock = options.clock ?? systemClock;
    this.#form = RequestForm.first(options, model, this.#endpoint);
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
      async (limit) => probeOpenAi((await this.#loadClient()).api, this.model, this.#service.check, limit),
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
    const asked = new AskedRequest((requestId) =>
      request.onIncident?.({ type: 'request', kind: 'llm', provider: this.name, requestId }),
    );
    try {
      yield* this.#read(request, reader, { watchdog, liveness, asked });
      if (watchdog.expiredMs !== null && !reader.finished) throw silence(liveness);
      if (isAborted()) return;
      if (reader.finished) await asked.completed(reader, watchdog, this.#clock);
      if (isAborted()) return;
      yield* reader.end();
    } catch (thrown) {
      if (isAborted()) return;
      const isLate = watchdog.expiredMs !== null && !reader.finished;
      throw ofRequest(this.#failure(isLate ? silence(liveness) : thrown), asked.requestId);
    } finally {
      // The next request may begin before the end of this stream.
      this.#learnFrom(reader);
      await asked.ended();
      watchdog.stop();
      if (reader.oddCount > 0 && !isAborted()) request.onIncident?.(this.#oddities(reader));
      if (asked.hasReached(watchdog.signal)) this.#reportUsage(request, reader);
    }
  }

  /** Ends idle connections at once, the others with their request. Idempotent. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#connecting?.abort.abort();
    const client = await this.#client?.catch(() => null);
    await client?.http.close();
  }

  /** Gives all events but those of the answer's end, which are due when the answer is complete: its stream may go on. */
  async *#read(
    request: LlmRequest,
    reader: AnswerReader,
    { watchdog, liveness, asked }: ReadingParts,
  ): AsyncGenerator<LlmEvent> {
    const response = await this.#open(request, asked, watchdog.signal);
    const { apiKey } = this.#options;
    asked.tell(requestIdOf(response.headers.get(requestIdHeader), apiKey));
    const stream = asked.opened(response);
    const isFinished = (): boolean => reader.finished;
    while (!isFinished()) {
      const { done, value: batch } = await stream.next();
      if (done) return;
      // Once text has been given, keep-alives do not extend the wait: the supervisor requests the rest again.
      if (batch.length === 0 && !reader.hasText) this.#keepAlive(request, liveness);
      for (const data of batch) {
        const { progress } = reader;
        const events = reader.take(data);
        // Compatible servers without the header name their answers all the same.
        asked.tell(requestIdOf(reader.answerId, apiKey));
        for (const event of events) {
          // What was read before an abort must not come after it.
          if (request.signal.aborted) return;
          watchdog.rest();
          yield event;
        }
        if (isFinished()) continue;
        if (reader.progress > progress) {
          liveness.progressed();
          request.onProgress?.('answer');
        } else {
          this.#keepAlive(request, liveness);
        }
      }
    }
    // Nothing is late any more, however long the events of the end are in use.
    watchdog.rest();
  }

  #reportUsage(request: LlmRequest, { usage, progress }: AnswerReader): void {
    request.onUsage?.({
      kind: 'llm',
      provider: this.name,
      model: this.model,
      ...(usage ?? { ...estimatedUsage(request, progress), estimated: true }),
    });
  }

  #keepAlive({ onProgress }: LlmRequest, liveness: Liveness): void {
    liveness.keptAlive();
    onProgress?.('keep_alive');
  }

  /** Sends the request; if the server refuses its form, tries the next one. */
  async #open(request: LlmRequest, asked: AskedRequest, signal: AbortSignal): Promise<Response> {
    const { api } = await this.#loadClient();
    asked.sent();
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
    const { apiKey, headers } = this.#options;
    this.#client ??= openOpenAiClient(this.#endpoint, apiKey, headers);
    return this.#client;
  }

  #failure(thrown: unknown): ProviderError {
    const { isOwnService } = this.#endpoint;
    return openAiError(thrown, {
      provider: this.name,
      apiKey: this.#options.apiKey,
      model: this.model,
      isOwnService,
      service: this.#service,
    });
  }
}

interface ReadingParts {
  readonly watchdog: StreamWatchdog;
  readonly liveness: Liveness;
  readonly asked: AskedRequest;
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
