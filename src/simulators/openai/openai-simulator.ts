import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock, type Clock } from '../../core/clock.js';
import { messageOf } from '../../core/errors.js';
import { OpenAiAnswerStream, type OpenAiPace } from './openai-answer-stream.js';
import { templateRefusal, type SimulatedTemplate } from './chat-template.js';
import { mannersInTurn, type OpenAiManner } from './openai-manners.js';
import { modelObject, modelsOf, unknownModel, type SimulatedModel } from './openai-models.js';
import { extraFields, readOpenAiRequest } from './openai-request.js';
import type { OpenAiAnswer, OpenAiAnswers, OpenAiFault, OpenAiRequest } from './openai-script.js';
import { chatWire, responsesWire, thoughtSignature, tokensOf, type OpenAiWireAnswer } from './openai-wire.js';
import { playRecording } from './recorded-answer.js';

export interface OpenAiSimulatorOptions {
  /** Its answers. @default always the same friendly sentence */
  readonly answers?: OpenAiAnswers;
  /** @default 370 ms to the first token, 12 ms between tokens */
  readonly pace?: Partial<OpenAiPace>;
  /** The only key that it accepts. @default any */
  readonly apiKey?: string;
  /** Its models, by name or with the day of their shutdown. @default OpenAI's current models */
  readonly models?: 'any' | readonly (string | SimulatedModel)[];
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
export class OpenAiSimulator {
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
    this.#models = modelsOf(options.models);
    this.#nextManner = mannersInTurn(options.manners ?? 'plain', options.seed ?? 1);
    this.baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
    server.keepAliveTimeout = options.idleConnectionMs ?? defaultIdleConnectionMs;
    server.on('connection', () => this.connections++);
    server.on('request', (request, response) => {
      this.#serve(request, response).catch((thrown: unknown) => {
        this.problems.push(messageOf(thrown));
        response.destroy();
      });
    });
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
    const path = isAzure ? pathname.replace(deployment, '/v1') : pathname;
    const route = `${request.method ?? ''} ${path}`;
    if (isAzure && (!searchParams.has('api-version') || route !== 'POST /v1/chat/completions')) {
      this.#refuse(response, 404, { code: '404', message: 'Resource not found' });
      return;
    }
    const authorized = this.#refuseKey(request, response, isAzure);
    const model = /^GET \/v1\/models(?:\/(.+))?$/.exec(route);
    if (model) {
      this.probes++;
      if (authorized) this.#showModels(model[1], response);
    } else if (route === 'POST /v1/chat/completions' || route === 'POST /v1/responses') {
      const api = route.endsWith('responses') ? 'responses' : 'chat';
      if (authorized) await this.#answer(api, body, plainHeaders(request), response);
    } else if (authorized) {
      this.#refuse(response, 404, { code: 'unknown_url', message: `Unknown request URL: ${route}.` });
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
    const found = models ? models.find((model) => model.id === id) : { id, shutdownDate: null };
    if (found) sendJson(response, 200, modelObject(found));
    else this.#refuse(response, 404, unknownModel(id));
  }

  async #answer(
    api: 'chat' | 'responses',
    body: string,
    headers: OpenAiRequest['headers'],
    response: ServerResponse,
  ): Promise<void> {
    let request: OpenAiRequest;
    try {
      request = { ...readOpenAiRequest(api, body), headers };
    } catch (thrown) {
      this.#refuse(response, 400, { code: null, message: messageOf(thrown) });
      return;
    }
    this.requests.push(request);
    if (!this.#refuseRequest(request, response)) await this.#respond(request, response);
    this.#begun++;
    this.#wake();
  }

  /** Refuses well-formed requests that OpenAI, or the simulated kind of server, refuses. Returns whether it did. */
  #refuseRequest(request: OpenAiRequest, response: ServerResponse): boolean {
    const { model, body, api, tools } = request;
    const { template, unknownFields = [] } = this.#options;
    const unknown = unknownFields.find((name) => name in body);
    // Clients ask in OpenAI's form first; a refusal of that form is not a client mistake.
    if (unknown !== undefined) {
      const message = `Unrecognized request argument supplied: ${unknown}`;
      sendError(response, 400, { code: null, message });
      return true;
    }
    const refusal = template && templateRefusal(template, request.messages);
    if (refusal) {
      sendJson(response, refusal.status, refusal.body);
      return true;
    }
    if (this.#models && !this.#models.some(({ id }) => id === model)) {
      this.#refuse(response, 404, unknownModel(model));
      return true;
    }
    // Source: openai/openai-openapi issue 541, BerriAI/litellm pull request 34569
    if (
      api === 'chat' &&
      tools.length > 0 &&
      /^gpt-(?:5\.\d|6)/.test(model) &&
      body.reasoning_effort !== 'none'
    ) {
      const message =
        `Function tools with reasoning_effort are not supported for ${model} in /v1/chat/completions. ` +
        "To use function tools, use /v1/responses or set reasoning_effort to 'none'.";
      this.#refuse(response, 400, { code: null, message });
      return true;
    }
    return this.#refuseExtras(request, response);
  }

  /** Signed calls must come back unchanged (Gemini's error text); other calls must have no extra fields. */
  #refuseExtras(request: OpenAiRequest, response: ServerResponse): boolean {
    for (const [id, extra] of extraFields(request)) {
      const { extra_content: signature, ...unknown } = extra;
      if (this.#signed.has(id) && JSON.stringify(signature) !== JSON.stringify(thoughtSignature(id))) {
        const message = 'Function call is missing a thought_signature in functionCall parts.';
        this.problems.push(message);
        sendJson(response, 400, [{ error: { code: 400, message, status: 'INVALID_ARGUMENT' } }]);
        return true;
      }
      const names = [
        ...Object.keys(unknown),
        ...(!this.#signed.has(id) && signature ? ['extra_content'] : []),
      ];
      if (names.length > 0) {
        this.#refuse(response, 400, {
          code: 'unknown_parameter',
          message: `Unknown parameter: '${names[0]}'.`,
        });
        return true;
      }
    }
    return false;
  }

  async #respond(request: OpenAiRequest, response: ServerResponse): Promise<void> {
    const fault = this.#faults.shift() ?? null;
    if (fault && (!('afterTokens' in fault) || fault.fault === 'content_filter')) this.#options.onFault?.();
    switch (fault?.fault) {
      case 'reset':
        response.socket?.resetAndDestroy();
        return;
      case 'no_headers':
        return;
      case 'html':
        response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><p>Welcome!');
        return;
      case 'status':
        if (fault.body !== undefined) {
          sendBody(response, fault.status, fault.body);
          return;
        }
        sendError(response, fault.status, {
          code: fault.code ?? null,
          message: fault.message ?? `Simulated failure ${fault.status}.`,
          ...(fault.retryAfter !== undefined && { retryAfter: fault.retryAfter }),
        });
        return;
      default:
        return this.#stream(request, response, fault);
    }
  }

  async #stream(request: OpenAiRequest, response: ServerResponse, fault: OpenAiFault | null): Promise<void> {
    const { answers = friendlyAnswer, pace } = this.#options;
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
    new OpenAiAnswerStream({
      response,
      clock: this.#clock,
      pace: { ...defaultPace, ...pace },
      answer: wireOf(request, answer, id, manner),
      fault: fault?.fault === 'content_filter' ? null : fault,
      onFault: () => this.#options.onFault?.(),
    }).start();
  }

  #refuseKey(request: IncomingMessage, response: ServerResponse, isAzure: boolean): boolean {
    const { authorization = '', 'api-key': azureKey = '' } = request.headers;
    const given = isAzure ? String(azureKey) : authorization.replace(/^Bearer /, '');
    const isSent = isAzure ? azureKey !== '' : authorization.startsWith('Bearer ');
    if (isSent && given === (this.#options.apiKey ?? given)) return true;
    // The real server masks the middle of the key; showing all of it is the harder test.
    const message = `Incorrect API key provided: ${given}.`;
    this.#refuse(response, 401, { code: 'invalid_api_key', message });
    return false;
  }

  #refuse(response: ServerResponse, status: number, error: SentError): void {
    this.problems.push(error.message);
    sendError(response, status, error);
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

interface SentError {
  readonly code: string | null;
  readonly message: string;
  readonly retryAfter?: string;
}

function friendlyAnswer(): string {
  return 'Hello! Thank you for calling. How can I help you today?';
}

function wireOf(
  { api, model }: OpenAiRequest,
  answer: OpenAiAnswer,
  id: string,
  manner: OpenAiManner,
): OpenAiWireAnswer {
  return api === 'chat' ? chatWire(answer, model, id, manner) : responsesWire(answer, model, id, manner);
}

/** The headers without those that contain the key. */
function plainHeaders({ headers }: IncomingMessage): Record<string, string> {
  const plain = Object.entries(headers).filter(([name]) => name !== 'authorization' && name !== 'api-key');
  return Object.fromEntries(plain.map(([name, value]) => [name, String(value)]));
}

/** The part of the answer that the content filter allows. */
function filteredBy(fault: OpenAiFault | null, answer: OpenAiAnswer): OpenAiAnswer {
  if (fault?.fault !== 'content_filter') return answer;
  const text = tokensOf(answer.text ?? '').slice(0, fault.afterTokens);
  return { text: text.join(''), finishReason: 'content_filter' };
}

function sendError(response: ServerResponse, status: number, { code, message, retryAfter }: SentError): void {
  const headers = retryAfter === undefined ? {} : { 'retry-after': retryAfter };
  sendJson(response, status, { error: { message, type: errorType(status), param: null, code } }, headers);
}

function errorType(status: number): string {
  if (status === 429) return 'requests';
  return status < 500 ? 'invalid_request_error' : 'server_error';
}

function sendJson(response: ServerResponse, status: number, body: object, headers: object = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

function sendBody(response: ServerResponse, status: number, body: string | object): void {
  if (typeof body === 'object') sendJson(response, status, body);
  else response.writeHead(status, { 'content-type': 'text/plain' }).end(body);
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
