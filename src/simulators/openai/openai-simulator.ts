import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock, type Clock } from '../../core/clock.js';
import { messageOf } from '../../core/errors.js';
import type { BilledOf, VendorSimulator } from '../vendor-simulator.js';
import type { SimulatedTemplate } from './chat-template.js';
import { OpenAiAnswerStream, type OpenAiPace } from './openai-answer-stream.js';
import { OpenAiBilling, type BilledAnswer } from './openai-billing.js';
import { openAiDialect, type OpenAiDialect } from './openai-dialect.js';
import { plainHeaders, sendBody, sendJson, textOf, type SentError } from './openai-http.js';
import { mannersInTurn, type OpenAiManner } from './openai-manners.js';
import { modelObject, modelsOf, type SimulatedModel } from './openai-models.js';
import { readOpenAiRequest } from './openai-request.js';
import type { OpenAiAnswer, OpenAiAnswers, OpenAiFault, OpenAiRequest } from './openai-script.js';
import { chatWire, responsesWire, tokensOf, type OpenAiWireAnswer } from './openai-wire.js';
import { playRecording } from './recorded-answer.js';
import { refusalOf } from './request-check.js';

export interface OpenAiSimulatorOptions {
  /** Its answers. @default always the same friendly sentence */
  readonly answers?: OpenAiAnswers;
  /** @default 370 ms to the first token, 12 ms between tokens */
  readonly pace?: Partial<OpenAiPace>;
  /** The only key that it accepts. @default any */
  readonly apiKey?: string;
  /** Its models, by name or with the day of their shutdown. @default some of the service; OpenAI's current models */
  readonly models?: 'any' | readonly (string | SimulatedModel)[];
  /** The service whose wire it speaks. @default OpenAI's */
  readonly dialect?: OpenAiDialect;
  /** The shape of its answers, as seen from servers of this API; `random` draws one for each answer. @default 'plain' */
  readonly manners?: OpenAiManner | 'random';
  /** Seed of the random manners. @default 1 */
  readonly seed?: number;
  /** A chat template that refuses some conversations, like those of open models. @default none */
  readonly template?: SimulatedTemplate;
  /** Request fields that it refuses as unknown, like servers that are only compatible. @default none */
  readonly unknownFields?: readonly string[];
  /** How long it keeps idle connections, in milliseconds. @default 75000 */
  readonly idleConnectionMs?: number;
  /** Called when a fault happens. */
  readonly onFault?: () => void;
  /** @default the machine's clock */
  readonly clock?: Clock;
}

const defaultIdleConnectionMs = 75_000;
const defaultPace: OpenAiPace = { firstTokenMs: 370, tokenMs: 12 };

/**
 * A simulated OpenAI on the loopback interface: `POST /v1/chat/completions` and `/v1/responses`, streamed as server-sent
 * events, and `GET /v1/models` and `/v1/models/{model}`. The vendor's SDK talks to it over a real socket. Started by
 * {@link startOpenAiSimulator}; the caller closes it.
 */
export class OpenAiSimulator implements VendorSimulator<'llm'> {
  /** For the SDK: `http://127.0.0.1:<port>/v1`. */
  readonly baseUrl: string;
  /** The valid requests for answers, in order of arrival. */
  readonly requests: OpenAiRequest[] = [];
  /** Client mistakes that OpenAI refuses. */
  readonly problems: string[] = [];
  /** Requests about models. */
  probes = 0;
  /** Connections opened so far. */
  connections = 0;
  readonly #server: Server;
  #answered = 0;
  readonly #options: OpenAiSimulatorOptions;
  readonly #clock: Clock;
  readonly #dialect: OpenAiDialect;
  readonly #billing = new OpenAiBilling();
  readonly #faults: OpenAiFault[] = [];
  #begun = 0;
  readonly #models: readonly SimulatedModel[] | null;
  readonly #nextManner: () => OpenAiManner;
  /** Tool calls that must come back with their signature. */
  readonly #signed = new Set<string>();
  readonly #open = new Set<ServerResponse>();
  #waiting: { readonly until: () => boolean; readonly resolve: () => void }[] = [];

  /** `server` is already listening. */
  constructor(server: Server, options: OpenAiSimulatorOptions) {
    this.#server = server;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#dialect = options.dialect ?? openAiDialect;
    this.#models = modelsOf(options.models ?? this.#dialect.models);
    this.#nextManner = mannersInTurn(options.manners ?? 'plain', options.seed ?? 1);
    this.baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}${this.#dialect.path}`;
    server.keepAliveTimeout = options.idleConnectionMs ?? defaultIdleConnectionMs;
    server.on('connection', () => this.connections++);
    server.on('request', (request, response) => {
      this.#serve(request, response).catch((thrown: unknown) => {
        this.problems.push(messageOf(thrown));
        response.destroy();
      });
    });
  }

  /** The valid requests for answers so far. */
  get attempts(): number {
    return this.requests.length;
  }

  /** What the service would charge for. */
  get billed(): readonly BilledOf['llm'][] {
    return this.#billing.entries;
  }

  /** Requests that are being answered. */
  get openAnswers(): number {
    return this.#open.size;
  }

  /** Queues faults for the next requests for answers, one each; later ones are healthy. */
  failNext(...faults: readonly OpenAiFault[]): void {
    this.#faults.push(...faults);
  }

  /** Resolves when there are `count` {@link requests} and the answer to the last has begun or failed. */
  received(count: number): Promise<void> {
    return this.#when(() => this.#begun >= count);
  }

  /** Resolves when no request is being answered: all answers were sent, or their clients have disconnected. */
  idle(): Promise<void> {
    return this.#when(() => this.#open.size === 0);
  }

  /** Cuts all connections and stops listening. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#open.add(response);
    response.once('close', () => {
      this.#open.delete(response);
      this.#wake();
    });
    // Like OpenAI, it does not say how long it keeps connections: clients must choose a time themselves.
    response.setHeader('connection', 'keep-alive');
    // On every answer: https://developers.openai.com/api/reference/overview, "Debugging requests"
    response.setHeader('x-request-id', `req_simulated_${++this.#answered}`);
    const body = await textOf(request);
    const { pathname, searchParams } = new URL(request.url ?? '/', this.baseUrl);
    const deployment = /^\/.{0,99}?\/deployments\/[^/]+/i;
    const isAzure = deployment.test(pathname);
    const path = isAzure ? pathname.replace(deployment, '/v1') : inside(pathname, this.#dialect.path);
    const route = `${request.method ?? ''} ${path}`;
    if (isAzure && (!searchParams.has('api-version') || route !== 'POST /v1/chat/completions')) {
      this.#refuse(response, { status: 404, code: '404', message: 'Resource not found' });
      return;
    }
    const authorized = this.#refuseKey(request, response, isAzure);
    const model = /^GET \/v1\/models(?:\/(.+))?$/.exec(route);
    if (model) {
      this.probes++;
      if (authorized) this.#showModels(model[1], response);
    } else if (route === 'GET /v1/key' && this.#dialect.hasKeyRoute) {
      this.probes++;
      if (authorized) sendJson(response, 200, { data: { label: 'simulated', is_free_tier: false } });
    } else if (route === 'POST /v1/chat/completions' || route === 'POST /v1/responses') {
      const api = route.endsWith('responses') ? 'responses' : 'chat';
      if (authorized) await this.#answer(api, body, request, response);
    } else if (authorized) {
      this.#refuse(response, { status: 404, code: 'unknown_url', message: `Unknown request URL: ${route}.` });
    }
  }

  /** Sends one model, or all. */
  #showModels(asked: string | undefined, response: ServerResponse): void {
    const models = this.#models;
    if (asked === undefined) {
      sendJson(response, 200, { object: 'list', data: (models ?? []).map(modelObject) });
      return;
    }
    const id = decodeURIComponent(asked);
    if (!this.#dialect.hasModelRoute) {
      // The route exists, but not for the names that requests use.
      this.#sendError(response, { status: 404, code: '404', message: 'Not Found' });
      return;
    }
    const found = models ? models.find((model) => model.id === id) : { id, shutdownDate: null };
    if (found) sendJson(response, 200, modelObject(found));
    else this.#refuse(response, this.#dialect.unknownModel(id));
  }

  async #answer(
    api: 'chat' | 'responses',
    body: string,
    received: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    if (this.#dialect.checksWithoutMessages && this.#check(body, response)) return;
    let request: OpenAiRequest;
    try {
      const { authorization, 'api-key': azureKey } = received.headers;
      const hasKey = authorization !== undefined || azureKey !== undefined;
      request = { ...readOpenAiRequest(api, body), headers: plainHeaders(received), hasKey };
    } catch (thrown) {
      this.#refuse(response, { status: 400, code: null, message: messageOf(thrown) });
      return;
    }
    this.requests.push(request);
    if (!this.#refuseRequest(request, response)) await this.#respond(request, response);
    this.#begun++;
    this.#wake();
  }

  /** Answers a request without messages: it is refused for that, or for an unknown model before. */
  #check(json: string, response: ServerResponse): boolean {
    const { model, messages } = JSON.parse(json) as { readonly model?: unknown; readonly messages?: unknown };
    if (!Array.isArray(messages) || messages.length > 0) return false;
    this.probes++;
    const isKnown = !this.#models || this.#models.some(({ id }) => id === model);
    const empty = { status: 400, code: 'empty_array', message: "Invalid 'messages': empty array." };
    this.#sendError(response, isKnown ? empty : this.#dialect.unknownModel(String(model)));
    return true;
  }

  /** Refuses well-formed requests that the service refuses. Returns whether it did. */
  #refuseRequest(request: OpenAiRequest, response: ServerResponse): boolean {
    const { template, unknownFields = [] } = this.#options;
    const refusal = refusalOf(request, {
      ...{ dialect: this.#dialect, models: this.#models, template, unknownFields, signed: this.#signed },
    });
    if (!refusal) return false;
    const message = 'error' in refusal ? refusal.error.message : refusal.message;
    if (refusal.isMistake) this.problems.push(message);
    if ('error' in refusal) this.#sendError(response, refusal.error);
    else sendJson(response, refusal.status, refusal.body);
    return true;
  }

  async #respond(request: OpenAiRequest, response: ServerResponse): Promise<void> {
    const fault = this.#faults.shift() ?? null;
    if (fault && (!('afterTokens' in fault) || fault.fault === 'content_filter')) this.#options.onFault?.();
    switch (fault?.fault) {
      case 'reset':
        response.socket?.resetAndDestroy();
        return;
      case 'no_headers':
        this.#billing.begin(request);
        return;
      case 'html':
        response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><p>Welcome!');
        return;
      case 'status':
        if (fault.body !== undefined) {
          sendBody(response, fault.status, fault.body);
          return;
        }
        this.#sendError(response, {
          status: fault.status,
          code: fault.code ?? null,
          message: fault.message ?? `Simulated failure ${fault.status}.`,
          retryAfter: fault.retryAfter,
        });
        return;
      default:
        return this.#stream(request, response, fault);
    }
  }

  async #stream(request: OpenAiRequest, response: ServerResponse, fault: OpenAiFault | null): Promise<void> {
    const { answers = friendlyAnswer, pace } = this.#options;
    const bill = this.#billing.begin(request);
    const given = await answers(request);
    if (typeof given === 'object' && 'sse' in given) {
      playRecording(given.sse, response, this.#clock);
      return;
    }
    const manner = this.#nextManner();
    const id = String(this.requests.length);
    const answer = filteredBy(fault, typeof given === 'string' ? { text: given } : given);
    if (manner === 'thought_signature')
      answer.toolCalls?.forEach((call, index) => this.#signed.add(call.id ?? `call_${id}_${index}`));
    const asked = request.body.stream_options as { readonly include_usage?: unknown } | undefined;
    const isTold =
      request.api === 'responses' || this.#dialect.usage === 'always' || asked?.include_usage === true;
    const wire = this.#wireOf(request, answer, { id, manner, bill: isTold ? bill : null });
    new OpenAiAnswerStream({
      response,
      clock: this.#clock,
      pace: { ...defaultPace, ...pace },
      answer: wire,
      fault: fault?.fault === 'content_filter' ? null : fault,
      streamError: () => this.#dialect.streamError(),
      onSent: (tokens) => bill.sent(tokens),
      onComplete: () =>
        bill.complete(wire.used, wire.closing.includes('"usage":{') ? this.#dialect.usageTells : 'nothing'),
      onFault: () => this.#options.onFault?.(),
    }).start();
  }

  #wireOf(
    { api, model }: OpenAiRequest,
    answer: OpenAiAnswer,
    {
      id,
      manner,
      bill,
    }: { readonly id: string; readonly manner: OpenAiManner; readonly bill: BilledAnswer | null },
  ): OpenAiWireAnswer {
    const style = { manner, dialect: this.#dialect };
    if (api === 'responses')
      return responsesWire(answer, model, id, {
        ...style,
        usage: bill && ((used) => bill.responsesUsage(used)),
      });
    return chatWire(answer, model, id, { ...style, usage: bill && ((used) => bill.chatUsage(used)) });
  }

  #refuseKey(request: IncomingMessage, response: ServerResponse, isAzure: boolean): boolean {
    const header = isAzure ? 'api-key' : this.#dialect.keyHeader;
    if (header === null) return true;
    const sent = String(request.headers[header] ?? '');
    const given = sent.replace(/^Bearer /, '');
    const isSent = header === 'api-key' ? sent !== '' : sent.startsWith('Bearer ');
    if (isSent && given === (this.#options.apiKey ?? given)) return true;
    // The real server masks the middle of the key; showing all of it is the harder test.
    const message = `Incorrect API key provided: ${given}.`;
    this.#refuse(response, { status: 401, code: 'invalid_api_key', message });
    return false;
  }

  #refuse(response: ServerResponse, error: SentError): void {
    this.problems.push(error.message);
    this.#sendError(response, error);
  }

  #sendError(response: ServerResponse, error: SentError): void {
    const { status, retryAfter } = error;
    const headers = retryAfter === undefined ? {} : { 'retry-after': retryAfter };
    sendJson(response, status, this.#dialect.errorBody(error), headers);
  }

  #when(until: () => boolean): Promise<void> {
    if (until()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ until, resolve }));
  }

  #wake(): void {
    const ready = this.#waiting.filter(({ until }) => until());
    this.#waiting = this.#waiting.filter((waiter) => !ready.includes(waiter));
    for (const { resolve } of ready) resolve();
  }
}

/**
 * Starts a simulated OpenAI on a free loopback port; it listens when the promise resolves. The caller closes it.
 *
 * @example
 * const openai = await startOpenAiSimulator({ answers: ({ messages }) => `You said ${messages.length} things.` });
 * openai.failNext({ fault: 'status', status: 429, retryAfter: '1' });
 * const llm = { provider: 'openai', apiKey: 'any', baseUrl: openai.baseUrl };
 */
export async function startOpenAiSimulator(options: OpenAiSimulatorOptions = {}): Promise<OpenAiSimulator> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  return new OpenAiSimulator(server, options);
}

/** The path as in OpenAI's own service. */
function inside(pathname: string, path: string): string {
  return pathname.startsWith(`${path}/`) ? `/v1${pathname.slice(path.length)}` : pathname;
}

function friendlyAnswer(): string {
  return 'Hello! Thank you for calling. How can I help you today?';
}

/** The part of the answer that the content filter allows. */
function filteredBy(fault: OpenAiFault | null, answer: OpenAiAnswer): OpenAiAnswer {
  if (fault?.fault !== 'content_filter') return answer;
  const text = tokensOf(answer.text ?? '').slice(0, fault.afterTokens);
  return { text: text.join(''), finishReason: 'content_filter' };
}
