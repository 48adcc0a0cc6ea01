import { randomUUID } from 'node:crypto';
import { systemClock, type Clock } from '../../core/clock.js';
import type { ProviderError } from '../../core/errors.js';
import type { ProviderNotice } from '../../events/provider-notice.js';
import { openHttpClient, type HttpClient } from '../../network/http-client.js';
import { retryAfterMs } from '../../network/retry-after.js';
import type { LanguageModel, LlmEvent, LlmRequest } from '../language-model.js';
import { runProbe, startupCheck } from '../probe.js';
import { ofRequest, requestIdOf } from '../request-id.js';
import { StreamWatchdog } from '../stream-watchdog.js';
import { AnswerError } from './answer-error.js';
import { defaultBaseUrl, endpointOf, type Endpoint } from './endpoint.js';
import { Refusal } from './error-body.js';
import { eventData } from './event-stream.js';
import { GeminiAnswer } from './gemini-answer.js';
import {
  firstForm,
  formAfter,
  geminiBody,
  type GeminiParameters,
  type RequestForm,
} from './gemini-request.js';
import { googleError } from './google-errors.js';
import { modelNotices } from './google-probe.js';
import { usageReport } from './google-usage.js';
import { defaultModel } from './known-models.js';
import { Liveness } from './liveness.js';
import { listOf, parsedJson } from './wire-value.js';

export interface GoogleOptions extends GeminiParameters {
  /** Never shown. */
  readonly apiKey: string;
  /** @default 'gemini-3.5-flash-lite' */
  readonly model?: string;
  /** The API's address, with or without its version. @default 'https://generativelanguage.googleapis.com' */
  readonly baseUrl?: string;
  /** Added to every request, for example for a proxy. @default {} */
  readonly headers?: Readonly<Record<string, string>>;
  /** Longest wait from the request to the first text, thought or tool call, in milliseconds. @default 8000 */
  readonly firstTokenTimeoutMs?: number;
  /** Longest silence in the middle of an answer, in milliseconds. @default 4000 */
  readonly tokenTimeoutMs?: number;
  /** For logs, metrics and errors. @default 'google' */
  readonly name?: string;
  /** @default the machine's clock */
  readonly clock?: Clock;
}

/** How long to wait for the stream's end after the answer's, so that the connection can be reused. */
const endOfStreamMs = 250;
/** The same where the message of the end has text: models before Gemini 2.5 put the end into every message. */
const endBehindTextMs = 1000;
/** A `preconnect()` that takes longer than this is aborted by the next one. */
const connectMs = 4000;

/** What a request is charged for. */
interface Charge {
  /** Characters of the body that the service has accepted, or was still to answer at an abort; null before. */
  sentChars: number | null;
}

/** A model on the Gemini API. */
export class GoogleLanguageModel implements LanguageModel {
  readonly name: string;
  readonly model: string;
  readonly firstTokenTimeoutMs: number | undefined;
  readonly tokenTimeoutMs: number | undefined;
  readonly #options: GoogleOptions;
  readonly #endpoint: Endpoint;
  readonly #clock: Clock;
  readonly #closing = new AbortController();
  #http: Promise<HttpClient> | null = null;
  #warming: Promise<readonly ProviderNotice[]> | null = null;
  /** The form of request that the service accepted last. */
  #form: RequestForm;
  #connecting: { readonly sinceMs: number; readonly abort: AbortController } | null = null;

  /** Starts nothing. Throws a TypeError for an invalid base URL. */
  constructor(options: GoogleOptions) {
    const { model = defaultModel, baseUrl = defaultBaseUrl, name = 'google' } = options;
    this.#options = options;
    this.model = model.replace(/^models\//, '');
    this.name = name;
    this.#endpoint = endpointOf(baseUrl, this.model);
    this.#clock = options.clock ?? systemClock;
    this.#form = firstForm(this.model, options);
    this.firstTokenTimeoutMs = options.firstTokenTimeoutMs;
    this.tokenTimeoutMs = options.tokenTimeoutMs;
  }

  /**
   * Opens a connection and checks the key. Rejects with a ProviderError if the key or the model is refused. A service that
   * does not answer within a second is no error. Concurrent calls share one check.
   */
  warmUp(): Promise<readonly ProviderNotice[]> {
    this.#warming ??= startupCheck((signal) => this.probe(signal), this.#clock).finally(
      () => (this.#warming = null),
    );
    return this.#warming;
  }

  /** Checks key and model, which costs nothing. Rejects with a ProviderError. */
  probe(signal: AbortSignal): Promise<readonly ProviderNotice[]> {
    const errorOf = (thrown: unknown): ProviderError => this.#failure(thrown);
    return runProbe(
      { kind: 'llm', provider: this.name, clock: this.#clock, signal, errorOf },
      async (limit) =>
        modelNotices(await this.#describeModel(limit), { provider: this.name, model: this.model }),
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
      // If the service fails, the request for the answer will report it.
      .catch(() => undefined)
      .finally(() => {
        if (this.#connecting === connecting) this.#connecting = null;
      });
  }

  /**
   * Streams one answer. Aborting the request's signal ends the iteration without a `done` and closes the stream. Throws a
   * ProviderError for any failure, including a stream that is cut off or stalls. A request is sent again only if the service
   * refused its form and another form is known.
   */
  async *generate(request: LlmRequest): AsyncGenerator<LlmEvent> {
    const isAborted = (): boolean => request.signal.aborted;
    if (isAborted()) return;
    const watchdog = new StreamWatchdog(this.#clock, request.signal);
    const { firstTokenTimeoutMs = 8000, tokenTimeoutMs = 4000 } = this.#options;
    const limits = { firstTokenMs: firstTokenTimeoutMs, tokenMs: tokenTimeoutMs };
    const liveness = new Liveness(watchdog, this.#clock, limits);
    const { baseUrl: origin } = this.#endpoint;
    const answer = new GeminiAnswer({ origin, newId: () => `call_${randomUUID()}` });
    const charge: Charge = { sentChars: null };
    let isComplete = false;
    try {
      const response = await this.#ask(request, watchdog.signal, charge);
      yield* this.#read(request, response, { answer, watchdog, liveness });
      if (watchdog.expiredMs !== null && !answer.finished) throw new AnswerError(liveness.silence, 'timeout');
      if (isAborted()) return;
      isComplete = answer.finished;
      yield* answer.end();
    } catch (thrown) {
      if (isAborted()) return;
      const isLate = watchdog.expiredMs !== null && !answer.finished;
      const error = this.#failure(isLate ? new AnswerError(liveness.silence, 'timeout') : thrown);
      throw ofRequest(error, this.#requestIdOf(answer));
    } finally {
      watchdog.stop();
      const { sentChars } = charge;
      if (sentChars !== null) {
        request.onUsage?.({
          ...{ kind: 'llm', provider: this.name, model: this.model },
          ...usageReport(answer, { sentChars, isComplete: isComplete || isRefusedPrompt(answer) }),
        });
      }
      if (answer.oddCount > 0 && !isAborted()) request.onIncident?.(this.#oddities(answer));
    }
  }

  /** Ends idle connections at once, the others with their request. Idempotent. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#connecting?.abort.abort();
    const http = await this.#http?.catch(() => null);
    await http?.close();
  }

  /** Gives all events but those of the answer's end. */
  async *#read(
    request: LlmRequest,
    response: Response,
    {
      answer,
      watchdog,
      liveness,
    }: { readonly answer: GeminiAnswer; readonly watchdog: StreamWatchdog; readonly liveness: Liveness },
  ): AsyncGenerator<LlmEvent> {
    let isTold = false;
    try {
      for await (const data of dataOf(response)) {
        if (data === null) {
          this.#keepAlive(request, answer, liveness);
          continue;
        }
        const events = answer.take(data);
        const requestId = this.#requestIdOf(answer);
        if (requestId !== undefined && !isTold) {
          isTold = true;
          request.onIncident?.({ type: 'request', kind: 'llm', provider: this.name, requestId });
        }
        for (const event of events) {
          // What was read before an abort must not come after it.
          if (request.signal.aborted) return;
          watchdog.rest();
          yield event;
        }
        if (answer.finished) {
          watchdog.expect(answer.madeProgress ? endBehindTextMs : endOfStreamMs);
        } else if (answer.madeProgress) {
          liveness.progressed();
          request.onProgress?.('answer');
        } else this.#keepAlive(request, answer, liveness);
      }
    } catch (thrown) {
      // After a complete answer a broken connection does no harm.
      if (!answer.finished || thrown instanceof AnswerError || thrown instanceof Refusal) throw thrown;
    }
  }

  /** Once text has been given, keep-alives do not extend the wait: the supervisor requests the rest again. */
  #keepAlive({ onProgress }: LlmRequest, { hasText, finished }: GeminiAnswer, liveness: Liveness): void {
    if (hasText || finished) return;
    liveness.keptAlive();
    onProgress?.('keep_alive');
  }

  /** Sends the request; if the service refuses its form, tries the next one. */
  async #ask(request: LlmRequest, signal: AbortSignal, charge: Charge): Promise<Response> {
    const http = await this.#client();
    for (let form = this.#form; ;) {
      const body = JSON.stringify(geminiBody(request, this.#options, form, this.#endpoint.baseUrl));
      // What was not sent is not charged.
      signal.throwIfAborted();
      const asked = http.fetch(this.#endpoint.answerUrl, {
        method: 'POST',
        headers: { ...this.#headers(), 'content-type': 'application/json' },
        body,
        signal,
        // Following a redirect would send the key to a host that the config does not name.
        redirect: 'manual',
      });
      const response = await asked.catch((thrown: unknown) => {
        // It was probably sent, and is charged then.
        if (signal.aborted) charge.sentChars = body.length;
        throw thrown;
      });
      if (response.ok) {
        charge.sentChars = body.length;
        // Signatures depend on the conversation, not on the model.
        this.#form = { ...form, signatures: this.#form.signatures };
        return response;
      }
      const refusal = await refusalOf(response);
      const next = formAfter(form, refusal, this.#options);
      if (!next) throw refusal;
      form = next;
    }
  }

  async #describeModel(signal: AbortSignal): Promise<unknown> {
    const http = await this.#client();
    const response = await http.fetch(this.#endpoint.modelUrl, {
      headers: this.#headers(),
      signal,
      redirect: 'manual',
    });
    if (!response.ok) throw await refusalOf(response);
    // The connection is free only after the whole body was read.
    return parsedJson(await response.text());
  }

  async #connect(signal: AbortSignal): Promise<void> {
    const { hasIdleConnection } = await this.#client();
    if (!hasIdleConnection && !signal.aborted) await this.#describeModel(signal);
  }

  #client(): Promise<HttpClient> {
    return (this.#http ??= openHttpClient(this.#endpoint.baseUrl));
  }

  #headers(): Record<string, string> {
    return { ...this.#options.headers, 'x-goog-api-key': this.#options.apiKey };
  }

  /** The API has no id of its own for requests; it names its answers. */
  #requestIdOf({ responseId }: GeminiAnswer): string | undefined {
    return requestIdOf(responseId, this.#options.apiKey);
  }

  #oddities({ oddities, oddCount }: GeminiAnswer): { type: 'warning'; code: string; message: string } {
    const message = `${this.name} sent ${oddCount} odd pieces of an answer, which were skipped: ${[...oddities].join(', ')}.`;
    return { type: 'warning', code: 'llm_odd_messages', message };
  }

  #failure(thrown: unknown): ProviderError {
    return googleError(thrown, { provider: this.name, apiKey: this.#options.apiKey, model: this.model });
  }
}

/** Whether the service refused the conversation before any answer: its report is then complete. */
function isRefusedPrompt({ usage, pieces, isBlocked }: GeminiAnswer): boolean {
  return isBlocked && usage !== null && pieces === 0;
}

async function refusalOf(response: Response): Promise<Refusal> {
  const waitMs = retryAfterMs((name) => response.headers.get(name));
  if (response.status < 400) {
    void response.body?.cancel().catch(() => undefined);
    return Refusal.of(
      response.status,
      `It answered with the redirect HTTP ${response.status}: check the base URL.`,
    );
  }
  return Refusal.of(response.status, await response.text(), waitMs);
}

/**
 * The data of a stream, or the list of messages that a proxy makes of it when it drops `alt=sse`. Throws an
 * {@link AnswerError} for a web page.
 */
async function* dataOf(response: Response): AsyncGenerator<string | null> {
  const contentType = response.headers.get('content-type') ?? '';
  if (contentType.includes('json')) {
    const value = parsedJson(await response.text());
    if (value !== undefined)
      return yield* (Array.isArray(value) ? listOf(value) : [value]).map((message) =>
        JSON.stringify(message),
      );
  } else if (!contentType.includes('html')) {
    if (response.body) yield* eventData(response.body);
    return;
  } else void response.body?.cancel().catch(() => undefined);
  throw new AnswerError(`It sent ${contentType} instead of a stream: check the base URL.`, 'server');
}

/** Makes a model on the Gemini API. Connects at warm-up or first use. Sessions may share it; the caller closes it. */
export function googleLanguageModel(options: GoogleOptions): GoogleLanguageModel {
  return new GoogleLanguageModel(options);
}
