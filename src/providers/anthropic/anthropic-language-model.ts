import { systemClock, type Clock } from '../../core/clock.js';
import type { ProviderError } from '../../core/errors.js';
import type { ProviderNotice } from '../../events/provider-notice.js';
import type { LanguageModel, LlmEvent, LlmRequest } from '../language-model.js';
import { runProbe, startupCheck } from '../probe.js';
import { ofRequest, requestIdOf } from '../request-id.js';
import { StreamWatchdog } from '../stream-watchdog.js';
import { AnswerDeadlines } from './answer-deadlines.js';
import { AnswerError } from './answer-error.js';
import { AnthropicClient, defaultBaseUrl } from './anthropic-client.js';
import { anthropicError, requestIdHeader } from './anthropic-errors.js';
import { probeAnthropic } from './anthropic-probe.js';
import { defaultModel } from './known-models.js';
import { MessageAnswer } from './message-answer.js';
import { continued, RequestForm, type RequestBody, type RequestOptions } from './request-form.js';
import { serverEvents } from './server-events.js';

export interface AnthropicOptions extends Omit<RequestOptions, 'model'> {
  /** Never shown. */
  readonly apiKey: string;
  /** @default 'claude-haiku-5-5' */
  readonly model?: string;
  /** The API's address, with or without `/v1`; any server that speaks the Messages API. @default 'https://api.anthropic.com' */
  readonly baseUrl?: string;
  /** Headers added to every request, for example `anthropic-beta`. @default {} */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Longest wait from the request to the first text, thinking or tool call, in milliseconds. The server's pings restart it,
   * for at most 30 s.
   * @default 8000
   */
  readonly firstTokenTimeoutMs?: number;
  /** Longest silence in the middle of an answer, in milliseconds. @default 4000 */
  readonly tokenTimeoutMs?: number;
  /** For logs, metrics and errors. @default 'anthropic' */
  readonly name?: string;
  /** @default the machine's clock */
  readonly clock?: Clock;
}

/** How long to wait for the stream's end after a complete answer, so that the connection can be reused. */
const endOfStreamMs = 250;
/** A `preconnect()` that takes longer than this is aborted by the next one. */
const connectMs = 4000;
/** How often one answer may be paused by the service's own tools. */
const maxPauses = 5;

/** One request of an answer, with its own time limits. */
interface AnswerRun {
  readonly request: LlmRequest;
  readonly watchdog: StreamWatchdog;
  readonly deadlines: AnswerDeadlines;
  requestId: string | undefined;
}

/** A language model on Anthropic's Messages API or a compatible one. */
export class AnthropicLanguageModel implements LanguageModel {
  readonly name: string;
  readonly model: string;
  readonly firstTokenTimeoutMs: number | undefined;
  readonly tokenTimeoutMs: number | undefined;
  readonly #options: AnthropicOptions;
  readonly #origin: string;
  readonly #clock: Clock;
  readonly #closing = new AbortController();
  #client: Promise<AnthropicClient> | null = null;
  #warming: Promise<readonly ProviderNotice[]> | null = null;
  /** The form of request that the server accepted last. */
  #form: RequestForm;
  #connecting: { readonly sinceMs: number; readonly abort: AbortController } | null = null;

  /** Starts nothing. Throws a TypeError for an invalid base URL. */
  constructor(options: AnthropicOptions) {
    const { model = defaultModel, baseUrl = defaultBaseUrl } = options;
    this.#options = options;
    this.model = model;
    this.#origin = new URL(baseUrl).origin;
    this.#clock = options.clock ?? systemClock;
    this.#form = new RequestForm({ ...options, model }, this.#origin);
    this.name = options.name ?? 'anthropic';
    this.firstTokenTimeoutMs = options.firstTokenTimeoutMs;
    this.tokenTimeoutMs = options.tokenTimeoutMs;
  }

  /**
   * Opens a connection and checks key and model. Rejects with a ProviderError if one is refused. A server that does not
   * answer within a second is no error. Concurrent calls share one check.
   */
  warmUp(): Promise<readonly ProviderNotice[]> {
    this.#warming ??= startupCheck((signal) => this.probe(signal), this.#clock).finally(
      () => (this.#warming = null),
    );
    return this.#warming;
  }

  /**
   * Checks key and model, which costs no tokens. Resolves with a notice if the model will be retired. Rejects with a
   * ProviderError.
   */
  probe(signal: AbortSignal): Promise<readonly ProviderNotice[]> {
    const errorOf = (thrown: unknown): ProviderError => this.#failure(thrown);
    return runProbe(
      { kind: 'llm', provider: this.name, clock: this.#clock, signal, errorOf },
      async (limit) => {
        const { notices, model } = await probeAnthropic(await this.#loadClient(), this.model, limit);
        const types = model?.capabilities?.thinking.types;
        if (types)
          this.#form = this.#form.for({
            disabled: types.disabled.supported,
            betweenTools: types.between_tools?.supported === true,
          });
        return notices;
      },
    );
  }

  /** Opens a connection if none is idle, by requesting the model, which is free. */
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
   * Streams one answer. Aborting the request's signal ends the iteration without a `done` and closes the stream. Throws a
   * ProviderError for any failure, including a stream that is cut off or stalls. A request is sent again only if the server
   * refused its form and another form is known.
   */
  async *generate(request: LlmRequest): AsyncGenerator<LlmEvent> {
    const isAborted = (): boolean => request.signal.aborted;
    if (isAborted()) return;
    let run = this.#newRun(request);
    let answer = this.#newAnswer();
    try {
      let body = this.#form.body(request);
      yield* this.#read(body, answer, run);
      for (let pauses = 0; answer.isPaused && pauses < maxPauses && !isAborted(); pauses++) {
        body = continued(body, answer.content);
        answer = this.#newAnswer();
        run.watchdog.stop();
        run = this.#newRun(request);
        yield* this.#read(body, answer, run);
      }
      if (isAborted()) return;
      yield* answer.end();
    } catch (thrown) {
      if (isAborted()) return;
      const isLate = run.watchdog.expiredMs !== null && !answer.finished;
      throw ofRequest(
        this.#failure(isLate ? new AnswerError(run.deadlines.silence, 'timeout') : thrown),
        run.requestId,
      );
    } finally {
      run.watchdog.stop();
      if (answer.oddCount > 0 && !isAborted()) request.onIncident?.(this.#oddities(answer));
    }
  }

  /** Ends idle connections at once, the others with their request. Idempotent. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#connecting?.abort.abort();
    const client = await this.#client?.catch(() => null);
    await client?.close();
  }

  /** Sends one request and gives all events but those of the answer's end. */
  async *#read(body: RequestBody, answer: MessageAnswer, run: AnswerRun): AsyncGenerator<LlmEvent> {
    const { request, watchdog, deadlines } = run;
    const sent = await this.#open(body, run);
    if (!sent) return;
    const { response, chars } = sent;
    run.requestId = requestIdOf(response.headers.get(requestIdHeader), this.#options.apiKey);
    if (run.requestId !== undefined)
      request.onIncident?.({ type: 'request', kind: 'llm', provider: this.name, requestId: run.requestId });
    try {
      if (!response.body) return;
      for await (const data of serverEvents(response.body)) {
        const { progress } = answer;
        const events = data === null ? [] : answer.take(data);
        for (const event of events) {
          // What was read before an abort must not come after it.
          if (request.signal.aborted) return;
          watchdog.rest();
          yield event;
        }
        if (answer.finished) {
          watchdog.expect(endOfStreamMs);
        } else if (answer.progress > progress) {
          deadlines.progressed();
          request.onProgress?.('answer');
        } else if (data !== null || !answer.hasText) {
          // Once text has been given, single bytes do not extend the wait.
          this.#keepAlive(run, answer);
        }
      }
      if (watchdog.expiredMs !== null && !answer.finished)
        throw new AnswerError(deadlines.silence, 'timeout');
    } catch (thrown) {
      // After a complete answer a broken connection does no harm.
      if (!answer.finished) throw thrown;
    } finally {
      this.#tellUsage(request, answer, chars);
    }
  }

  #keepAlive({ request, deadlines }: AnswerRun, answer: MessageAnswer): void {
    // Once text has been given, pings do not extend the wait: the supervisor requests the rest again.
    if (answer.hasText) return;
    deadlines.pinged();
    request.onProgress?.('keep_alive');
  }

  /** Sends the request; if the server refuses its form, tries the next one. Null if it was aborted before the answer. */
  async #open(
    body: RequestBody,
    { request, watchdog }: AnswerRun,
  ): Promise<{ readonly response: Response; readonly chars: number } | null> {
    const client = await this.#loadClient();
    for (let form = this.#form, asked = body; ;) {
      const json = JSON.stringify(asked);
      try {
        const response = await client.stream(asked, json, watchdog.signal);
        this.#form = form;
        return { response, chars: json.length };
      } catch (thrown) {
        // It was probably sent, and is charged then.
        if (watchdog.signal.aborted) this.#tellUsage(request, this.#newAnswer(), json.length);
        if (request.signal.aborted) return null;
        const next = form.after(thrown);
        if (!next) throw thrown;
        form = next;
        // Only the first request of an answer can be refused for its form.
        asked = next.body(request);
      }
    }
  }

  #tellUsage(request: LlmRequest, answer: MessageAnswer, sentChars: number): void {
    request.onUsage?.({ kind: 'llm', provider: this.name, model: this.model, ...answer.usage(sentChars) });
  }

  async #connect(signal: AbortSignal): Promise<void> {
    const client = await this.#loadClient();
    if (client.hasIdleConnection || signal.aborted) return;
    await client.model(this.model, signal);
  }

  /** Starts the limit for the request's first token. */
  #newRun(request: LlmRequest): AnswerRun {
    const watchdog = new StreamWatchdog(this.#clock, request.signal);
    const { firstTokenTimeoutMs = 8000, tokenTimeoutMs = 4000 } = this.#options;
    const limits = { firstTokenMs: firstTokenTimeoutMs, tokenMs: tokenTimeoutMs };
    const deadlines = new AnswerDeadlines(watchdog, this.#clock, limits);
    return { request, watchdog, deadlines, requestId: undefined };
  }

  #newAnswer(): MessageAnswer {
    return new MessageAnswer({ origin: this.#origin, model: this.model });
  }

  #oddities({ oddities, oddCount }: MessageAnswer): { type: 'warning'; code: string; message: string } {
    const message = `${this.name} sent ${oddCount} odd pieces of an answer, which were skipped or repaired: ${[...oddities].join(', ')}.`;
    return { type: 'warning', code: 'llm_odd_messages', message };
  }

  #loadClient(): Promise<AnthropicClient> {
    const { apiKey, baseUrl = defaultBaseUrl, headers = {} } = this.#options;
    this.#client ??= AnthropicClient.open({ apiKey, baseUrl, headers });
    return this.#client;
  }

  #failure(thrown: unknown): ProviderError {
    return anthropicError(thrown, {
      provider: this.name,
      apiKey: this.#options.apiKey,
      model: this.model,
    });
  }
}

/**
 * Makes a language model on Anthropic's Messages API or a compatible server. Connects at warm-up or first use. Sessions may
 * share it; the caller closes it.
 */
export function anthropicLanguageModel(options: AnthropicOptions): AnthropicLanguageModel {
  return new AnthropicLanguageModel(options);
}
