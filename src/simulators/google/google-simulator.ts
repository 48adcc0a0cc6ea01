import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock, type Clock } from '../../core/clock.js';
import { messageOf } from '../../core/errors.js';
import type { BilledOf, SimulatorOptionsOf, VendorSimulator } from '../vendor-simulator.js';
import { GoogleAnswerStream, type GooglePace } from './google-answer-stream.js';
import { googleMannersInTurn, type GoogleManner } from './google-manners.js';
import { modelObject, simulatedModel } from './google-models.js';
import { readGoogleRequest, unsignedCalls } from './google-request.js';
import type { GoogleAnswers, GoogleFault, GoogleRequest } from './google-script.js';
import { googleWire } from './google-wire.js';

export interface GoogleSimulatorOptions extends Omit<SimulatorOptionsOf['llm'], 'answers' | 'manners'> {
  /** Its answers. @default always the same friendly sentence */
  readonly answers?: GoogleAnswers;
  /** @default 370 ms to the first token, 12 ms between tokens */
  readonly pace?: Partial<GooglePace>;
  /** The shape of its answers, as seen from the service; `random` draws one for each answer. @default 'plain' */
  readonly manners?: GoogleManner | 'random';
}

const defaultPace: GooglePace = { firstTokenMs: 370, tokenMs: 12 };
const idleConnectionMs = 75_000;

/**
 * A simulated Gemini API on the loopback interface: `POST /v1beta/models/{model}:streamGenerateContent?alt=sse` and `GET
 * /v1beta/models/{model}`. Started by {@link startGoogleSimulator}; the caller closes it.
 */
export class GoogleSimulator implements VendorSimulator<'llm'> {
  readonly baseUrl: string;
  /** The valid requests for answers, in order of arrival. */
  readonly requests: GoogleRequest[] = [];
  readonly problems: string[] = [];
  readonly billed: BilledOf['llm'][] = [];
  attempts = 0;
  /** Requests about models. */
  probes = 0;
  /** Connections opened so far. */
  connections = 0;
  readonly #server: Server;
  readonly #options: GoogleSimulatorOptions;
  readonly #clock: Clock;
  readonly #faults: GoogleFault[] = [];
  readonly #nextManner: () => GoogleManner;
  /** The signatures that must come back, by the calls' ids. */
  readonly #signed = new Map<string, string>();
  readonly #open = new Set<ServerResponse>();
  #begun = 0;
  #waiting: { readonly until: () => boolean; readonly resolve: () => void }[] = [];

  /** `server` is already listening. */
  constructor(server: Server, options: GoogleSimulatorOptions) {
    this.#server = server;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#nextManner = googleMannersInTurn(options.manners ?? 'plain', options.seed ?? 1);
    this.baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.keepAliveTimeout = idleConnectionMs;
    server.on('connection', () => this.connections++);
    server.on('request', (request, response) => {
      this.#serve(request, response).catch((thrown: unknown) => {
        this.problems.push(messageOf(thrown));
        response.destroy();
      });
    });
  }

  get openAnswers(): number {
    return this.#open.size;
  }

  failNext(...faults: readonly GoogleFault[]): void {
    this.#faults.push(...faults);
  }

  /** Resolves when `count` requests have arrived and the answer to the last has begun or failed. */
  received(count: number): Promise<void> {
    return this.#when(() => this.#begun >= count);
  }

  /** Resolves when no request is being answered: all answers were sent, or their clients have disconnected. */
  idle(): Promise<void> {
    return this.#when(() => this.#open.size === 0);
  }

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
    response.setHeader('connection', 'keep-alive');
    const body = await textOf(request);
    const { pathname, searchParams } = new URL(request.url ?? '/', this.baseUrl);
    const [, model = '', method = ''] = /^\/v1beta\/models\/([^/:]+)(?::(\w+))?$/.exec(pathname) ?? [];
    // Addresses are logged everywhere.
    if (searchParams.has('key')) this.problems.push('The key is in the address.');
    const isAnswer = request.method === 'POST' && method === 'streamGenerateContent';
    if (isAnswer) this.attempts++;
    else if (request.method === 'GET' && method === '') this.probes++;
    if (this.#refuseKey(request, response)) {
      if (model === '' || (!isAnswer && (request.method !== 'GET' || method !== '')))
        this.#refuse(response, 404, `Unknown route: ${request.method ?? ''} ${pathname}.`);
      else if (this.#refuseModel(model, response)) {
        if (!isAnswer) this.#describe(model, response);
        else if (searchParams.get('alt') !== 'sse') this.#refuse(response, 400, 'alt=sse is missing.');
        else await this.#answer(model, body, plainHeaders(request), response);
      }
    }
    if (!isAnswer) return;
    this.#begun++;
    this.#wake();
  }

  /** Returns whether the key is right; else refuses it. */
  #refuseKey(request: IncomingMessage, response: ServerResponse): boolean {
    const given = request.headers['x-goog-api-key'];
    if (given === undefined) {
      const message =
        "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.";
      this.#refuse(response, 403, message);
      return false;
    }
    if (given === (this.#options.apiKey ?? given)) return true;
    // An unknown key is a bad request. Source: google-gemini/gemini-cli issue 25198. Quoting it is the harder test.
    const message = 'API key not valid. Please pass a valid API key.';
    const service = { service: 'generativelanguage.googleapis.com', key: String(given) };
    this.#refuse(response, 400, message, [
      {
        '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
        reason: 'API_KEY_INVALID',
        domain: 'googleapis.com',
        metadata: service,
      },
    ]);
    return false;
  }

  /** Returns whether the model exists; else refuses it. */
  #refuseModel(model: string, response: ServerResponse): boolean {
    if (simulatedModel(model)) return true;
    this.#refuse(
      response,
      404,
      `models/${model} is not found for API version v1beta, or is not supported for generateContent. Call ListModels to see the list of available models and their supported methods.`,
    );
    return false;
  }

  #describe(name: string, response: ServerResponse): void {
    const model = simulatedModel(name);
    if (model) sendJson(response, 200, modelObject(name, model));
  }

  async #answer(
    model: string,
    body: string,
    headers: GoogleRequest['headers'],
    response: ServerResponse,
  ): Promise<void> {
    let request: GoogleRequest;
    try {
      request = { ...readGoogleRequest(model, body), headers };
    } catch (thrown) {
      this.#refuse(response, 400, messageOf(thrown));
      return;
    }
    const unsigned = simulatedModel(model)?.signs ? unsignedCalls(request.body, this.#signed) : [];
    if (unsigned[0] !== undefined) {
      this.#refuse(response, 400, unsigned[0]);
      return;
    }
    this.requests.push(request);
    await this.#respond(request, body.length, response);
  }

  async #respond(request: GoogleRequest, sentChars: number, response: ServerResponse): Promise<void> {
    const fault = this.#faults.shift() ?? null;
    if (fault && !('afterTokens' in fault)) this.#options.onFault?.();
    switch (fault?.fault) {
      case 'reset':
        response.socket?.resetAndDestroy();
        return;
      case 'no_headers':
        return;
      case 'html':
        this.billed.push({ inputTokens: Math.ceil(sentChars / 4), outputTokens: 0, estimated: true });
        response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><p>Welcome!');
        return;
      case 'status':
        this.#sendStatus(fault, response);
        return;
      default:
        return this.#stream(request, sentChars, response, fault);
    }
  }

  #sendStatus(fault: Extract<GoogleFault, { fault: 'status' }>, response: ServerResponse): void {
    const { status, body, retryAfter } = fault;
    if (body !== undefined) {
      const isText = typeof body === 'string';
      response
        .writeHead(status, { 'content-type': isText ? 'text/html' : 'application/json' })
        .end(isText ? body : JSON.stringify(body));
      return;
    }
    const sent = errorBody(
      status,
      faultMessages[status] ?? `Simulated failure ${status}.`,
      faultDetails(status, retryAfter),
    );
    // Errors of streams come as a list of one, too: google-gemini/gemini-cli issue 14811.
    sendJson(response, status, this.#options.manners === 'random' && this.#begun % 2 === 0 ? [sent] : sent);
  }

  async #stream(
    request: GoogleRequest,
    sentChars: number,
    response: ServerResponse,
    fault: GoogleFault | null,
  ): Promise<void> {
    const { answers = friendlyAnswer, pace, onFault } = this.#options;
    const index = this.billed.length;
    const promptTokens = Math.ceil(sentChars / 4);
    this.billed.push({ inputTokens: promptTokens, outputTokens: 0, estimated: true });
    const given = await answers(request);
    const manner = this.#nextManner();
    const answer = googleWire(typeof given === 'string' ? { text: given } : given, {
      model: request.model,
      id: `simulated-${this.requests.length}`,
      manner,
      promptTokens,
      signs: simulatedModel(request.model)?.signs ?? false,
    });
    for (const [id, signature] of answer.signed) this.#signed.set(id, signature);
    new GoogleAnswerStream({
      ...{ response, answer, fault, promptTokens },
      hasLateHeaders: manner === 'late_headers',
      clock: this.#clock,
      pace: { ...defaultPace, ...pace },
      onFault: () => onFault?.(),
      onBilled: (billed) => (this.billed[index] = billed),
    }).start();
  }

  #refuse(response: ServerResponse, status: number, message: string, details?: readonly object[]): void {
    this.problems.push(message);
    sendJson(response, status, errorBody(status, message, details));
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
 * Starts a simulated Gemini API on a free loopback port; it listens when the promise resolves. The caller closes it.
 *
 * @example
 * const google = await startGoogleSimulator({ answers: ({ messages }) => `You said ${messages.length} things.` });
 * google.failNext({ fault: 'status', status: 429, retryAfter: '1' });
 * const llm = { provider: 'google', apiKey: 'any', baseUrl: google.baseUrl };
 */
export async function startGoogleSimulator(options: GoogleSimulatorOptions = {}): Promise<GoogleSimulator> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  return new GoogleSimulator(server, options);
}

function friendlyAnswer(): string {
  return 'Hello! Thank you for calling. How can I help you today?';
}

/** Google's words by status: https://ai.google.dev/gemini-api/docs/troubleshooting */
const statusWords: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

const faultMessages: Readonly<Record<number, string>> = {
  401: 'Request had invalid authentication credentials.',
  429: 'You exceeded your current quota, please check your plan and billing details.',
  500: 'An internal error has occurred. Please retry or report in https://developers.generativeai.google/guide/troubleshooting',
  503: 'The model is overloaded. Please try again later.',
};

function errorBody(status: number, message: string, details?: readonly object[]): object {
  return {
    error: { code: status, message, status: statusWords[status] ?? 'UNKNOWN', ...(details && { details }) },
  };
}

/** The wait is in the error's details, not in a header: `google-429-retry-info.json` in vercel/ai. */
function faultDetails(status: number, retryAfter: string | undefined): readonly object[] | undefined {
  if (status !== 429) return undefined;
  return [
    {
      '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
      violations: [{ quotaId: 'GenerateRequestsPerMinutePerProjectPerModel-FreeTier' }],
    },
    ...(retryAfter === undefined
      ? []
      : [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${retryAfter}s` }]),
  ];
}

/** The headers without the key. */
function plainHeaders({ headers }: IncomingMessage): Record<string, string> {
  const plain = Object.entries(headers).filter(([name]) => name !== 'x-goog-api-key');
  return Object.fromEntries(plain.map(([name, value]) => [name, String(value)]));
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' }).end(JSON.stringify(body));
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
