import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock, type Clock } from '../clock.js';
import { messageOf } from '../errors.js';
import { OpenAiAnswerStream, type OpenAiPace } from './openai/openai-answer-stream.js';
import { readOpenAiRequest } from './openai/openai-request.js';
import type { OpenAiAnswer, OpenAiAnswers, OpenAiFault, OpenAiRequest } from './openai/openai-script.js';
import { chatWire, responsesWire, tokensOf, type OpenAiWireAnswer } from './openai/openai-wire.js';

export interface OpenAiSimulatorOptions {
  /** What it answers. @default always the same friendly sentence */
  readonly answers?: OpenAiAnswers;
  /** @default 370 ms to the first token, 12 ms between tokens */
  readonly pace?: Partial<OpenAiPace>;
  /** The only key it takes. @default any */
  readonly apiKey?: string;
  /** The models that it has. @default any */
  readonly models?: readonly string[];
  /** Called at the moment when a fault happens. */
  readonly onFault?: () => void;
  /** @default the machine's */
  readonly clock?: Clock;
}

const defaultPace: OpenAiPace = { firstTokenMs: 370, tokenMs: 12 };

/**
 * OpenAI on the loopback interface: `POST /v1/chat/completions` and `/v1/responses`, streamed as server-sent events, and
 * `GET /v1/models` and `/v1/models/{model}`. The vendor's SDK talks to it over a real socket. Made by
 * {@link startOpenAiSimulator}; whoever starts it closes it.
 */
export class OpenAiSimulator {
  /** For the SDK: `http://127.0.0.1:<port>/v1`. */
  readonly baseUrl: string;
  /** The understood requests for answers, in order of arrival. */
  readonly requests: OpenAiRequest[] = [];
  /** What clients did that OpenAI refuses. */
  readonly problems: string[] = [];
  /** Questions about models. */
  probes = 0;
  readonly #server: Server;
  readonly #options: OpenAiSimulatorOptions;
  readonly #clock: Clock;
  readonly #faults: OpenAiFault[] = [];
  #begun = 0;
  readonly #open = new Set<ServerResponse>();
  #waiting: { readonly until: () => boolean; readonly resolve: () => void }[] = [];

  /** For a server that listens already. */
  constructor(server: Server, options: OpenAiSimulatorOptions) {
    this.#server = server;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
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

  /** The next requests for answers fail, each in its own way; the ones after them do not. */
  failNext(...faults: readonly OpenAiFault[]): void {
    this.#faults.push(...faults);
  }

  /** Resolves when there are `count` {@link requests} and the answer to the last has begun or failed. */
  received(count: number): Promise<void> {
    return this.#when(() => this.#begun >= count);
  }

  /** Resolves when no request is being answered: all answers were sent, or their clients have gone. */
  idle(): Promise<void> {
    return this.#when(() => this.#open.size === 0);
  }

  /** Breaks all connections and stops listening. */
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
    const body = await textOf(request);
    const route = `${request.method ?? ''} ${request.url ?? ''}`;
    const authorized = this.#refuseKey(request, response);
    const model = /^GET \/v1\/models(?:\/([^/]+))?$/.exec(route);
    if (model) {
      this.probes++;
      if (authorized) this.#showModels(model[1], response);
    } else if (route === 'POST /v1/chat/completions' || route === 'POST /v1/responses') {
      if (authorized) await this.#answer(route.endsWith('responses') ? 'responses' : 'chat', body, response);
    } else {
      this.#refuse(response, 404, { code: 'unknown_url', message: `Unknown request URL: ${route}.` });
    }
  }

  /** One model, or all there are. */
  #showModels(asked: string | undefined, response: ServerResponse): void {
    const { models } = this.#options;
    if (asked === undefined) {
      const data = (models ?? ['gpt-4o-mini']).map((id) => ({ id, object: 'model' }));
      sendJson(response, 200, { object: 'list', data });
      return;
    }
    const id = decodeURIComponent(asked);
    if (!models || models.includes(id)) sendJson(response, 200, { id, object: 'model' });
    else
      this.#refuse(response, 404, { code: 'model_not_found', message: `The model '${id}' does not exist.` });
  }

  async #answer(api: 'chat' | 'responses', body: string, response: ServerResponse): Promise<void> {
    let request: OpenAiRequest;
    try {
      request = readOpenAiRequest(api, body);
    } catch (thrown) {
      this.#refuse(response, 400, { code: null, message: messageOf(thrown) });
      return;
    }
    this.requests.push(request);
    await this.#respond(request, response);
    this.#begun++;
    this.#wake();
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
    const answer = typeof given === 'string' ? { text: given } : given;
    new OpenAiAnswerStream({
      response,
      clock: this.#clock,
      pace: { ...defaultPace, ...pace },
      answer: wireOf(request, filteredBy(fault, answer), String(this.requests.length)),
      fault: fault?.fault === 'content_filter' ? null : fault,
      onFault: () => this.#options.onFault?.(),
    }).start();
  }

  #refuseKey(request: IncomingMessage, response: ServerResponse): boolean {
    const { authorization = '' } = request.headers;
    const expected = this.#options.apiKey;
    if (authorization === `Bearer ${expected ?? authorization.slice('Bearer '.length)}`) return true;
    // The real one masks the middle of the key; to show all of it is the harder test.
    const message = `Incorrect API key provided: ${authorization.slice('Bearer '.length)}.`;
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
 * Starts a simulated OpenAI on a free port of the loopback interface; it listens when the promise resolves. Whoever started
 * it closes it.
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

function wireOf({ api, model }: OpenAiRequest, answer: OpenAiAnswer, id: string): OpenAiWireAnswer {
  return api === 'chat' ? chatWire(answer, model, id) : responsesWire(answer, model, id);
}

/** The answer as far as the content filter lets it through. */
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

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
