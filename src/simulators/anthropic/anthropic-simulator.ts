import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock, type Clock } from '../../core/clock.js';
import { messageOf } from '../../core/errors.js';
import type { BilledOf, VendorSimulator } from '../vendor-simulator.js';
import { AnthropicAnswerStream, type AnthropicPace } from './anthropic-answer-stream.js';
import { mannersInTurn, type AnthropicManner } from './anthropic-manners.js';
import { claudeObject, claudesOf, likeDefault, type SimulatedClaude } from './anthropic-models.js';
import {
  chatMessagesOf,
  readAnthropicBody,
  Refused,
  toolsOf,
  type AnthropicBody,
} from './anthropic-request.js';
import type { AnthropicAnswers, AnthropicFault, AnthropicRequest } from './anthropic-script.js';
import { anthropicWire, billedInput } from './anthropic-wire.js';
import { PromptCache } from './prompt-cache.js';
import { isThinking, modelRefusal, thoughtRefusal, type ThoughtfulAnswer } from './thinking-rules.js';
import { errorType, sendError, textOf, versions, type SentError } from './wire-errors.js';

export interface AnthropicSimulatorOptions {
  /** Its answers. @default always the same friendly sentence */
  readonly answers?: AnthropicAnswers;
  /** @default 370 ms to the first token, 12 ms between tokens */
  readonly pace?: Partial<AnthropicPace>;
  /** The only key that it accepts. @default any */
  readonly apiKey?: string;
  /** Its models; a name stands for one like `claude-haiku-5-5`. @default one of each behaviour */
  readonly models?: 'any' | readonly (string | SimulatedClaude)[];
  /** The shape of its answers; `random` draws one for each answer. @default 'documented' */
  readonly manners?: AnthropicManner | 'random';
  /** Seed of the random manners. @default 1 */
  readonly seed?: number;
  /** The shortest prompt that it caches, in tokens. @default 1024 */
  readonly minCachedTokens?: number;
  /** Called when a fault happens. */
  readonly onFault?: () => void;
  /** @default the machine's clock */
  readonly clock?: Clock;
}

const defaultPace: AnthropicPace = { firstTokenMs: 370, tokenMs: 12 };
const idleConnectionMs = 75_000;
const otherContentTypes = ['application/octet-stream', 'text/plain; charset=utf-8', undefined] as const;

/**
 * A simulated Anthropic on the loopback interface: `POST /v1/messages`, streamed as server-sent events, and
 * `GET /v1/models/{model}`. Started by {@link startAnthropicSimulator}; the caller closes it.
 */
export class AnthropicSimulator implements VendorSimulator<'llm'> {
  readonly baseUrl: string;
  /** The valid requests for answers, in order of arrival. */
  readonly requests: AnthropicRequest[] = [];
  readonly problems: string[] = [];
  /** Requests about models. */
  probes = 0;
  attempts = 0;
  /** Connections opened so far. */
  connections = 0;
  readonly #server: Server;
  readonly #options: AnthropicSimulatorOptions;
  readonly #clock: Clock;
  readonly #faults: AnthropicFault[] = [];
  readonly #models: readonly SimulatedClaude[] | null;
  readonly #nextManner: () => AnthropicManner;
  readonly #cache: PromptCache;
  readonly #thoughtful: ThoughtfulAnswer[] = [];
  readonly #billed: { readonly cost: () => BilledOf['llm'] }[] = [];
  readonly #open = new Set<ServerResponse>();
  #answered = 0;
  #begun = 0;
  #waiting: { readonly until: () => boolean; readonly resolve: () => void }[] = [];

  /** `server` is already listening. */
  constructor(server: Server, options: AnthropicSimulatorOptions) {
    this.#server = server;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#models = claudesOf(options.models);
    this.#nextManner = mannersInTurn(options.manners ?? 'documented', options.seed ?? 1);
    this.#cache = new PromptCache(options.minCachedTokens ?? 1024);
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

  get billed(): readonly BilledOf['llm'][] {
    return this.#billed.map(({ cost }) => cost());
  }

  failNext(...faults: readonly AnthropicFault[]): void {
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
    // On every answer: https://platform.claude.com/docs/en/api/errors, "Request id"
    response.setHeader('request-id', `req_simulated_${++this.#answered}`);
    const body = await textOf(request);
    const route = `${request.method ?? ''} ${new URL(request.url ?? '/', this.baseUrl).pathname}`;
    const model = /^GET \/v1\/models\/(.+)$/.exec(route)?.[1];
    const isMessage = route === 'POST /v1/messages';
    if (isMessage) this.attempts++;
    if (model) this.probes++;
    if (!this.#accepts(request, response)) return;
    if (model) this.#showModel(decodeURIComponent(model), response);
    else if (isMessage) await this.#answer(body, request, response);
    else this.#refuse(response, 404, { message: `Not found: ${route}` });
  }

  /** Checks key and version, which every request has. */
  #accepts({ headers }: IncomingMessage, response: ServerResponse): boolean {
    const { apiKey } = this.#options;
    const key = headers['x-api-key'] ?? headers.authorization?.replace(/^Bearer /, '');
    const version = String(headers['anthropic-version'] ?? '');
    if (key === undefined || key === '' || (apiKey !== undefined && key !== apiKey)) {
      // Showing the key is the harder test: the real service does not.
      this.#refuse(response, 401, { message: `invalid x-api-key: ${String(key)}` });
      return false;
    }
    if (versions.includes(version)) return true;
    this.#refuse(response, 400, {
      message:
        version === ''
          ? 'anthropic-version: header is required'
          : `anthropic-version: '${version}' is not a valid version`,
    });
    return false;
  }

  #showModel(id: string, response: ServerResponse): void {
    const found = this.#find(id);
    if (!found) {
      this.#refuse(response, 404, { message: `model: ${id}` });
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(claudeObject(found)));
  }

  #find(id: string): SimulatedClaude | undefined {
    return this.#models ? this.#models.find((model) => model.id === id) : likeDefault(id);
  }

  async #answer(json: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body: AnthropicBody;
    try {
      body = readAnthropicBody(json);
    } catch (thrown) {
      if (!(thrown instanceof Refused)) throw thrown;
      this.#refuse(response, 400, { message: thrown.message });
      return;
    }
    const model = this.#find(body.model);
    if (!model) {
      this.#refuse(response, 404, { message: `model: ${body.model}` });
      return;
    }
    const version = String(request.headers['anthropic-version']);
    const refusal = modelRefusal(model, body, version) ?? thoughtRefusal(model, body, this.#thoughtful);
    if (refusal !== null) {
      this.#refuse(response, 400, { message: refusal });
      return;
    }
    const read: AnthropicRequest = {
      model: body.model,
      messages: chatMessagesOf(body),
      tools: toolsOf(body),
      body,
      headers: plainHeaders(request),
    };
    this.requests.push(read);
    await this.#respond(read, { body, model, chars: json.length }, response);
    this.#begun++;
    this.#wake();
  }

  async #respond(
    request: AnthropicRequest,
    asked: { readonly body: AnthropicBody; readonly model: SimulatedClaude; readonly chars: number },
    response: ServerResponse,
  ): Promise<void> {
    const fault = this.#faults.shift() ?? null;
    if (fault && !('afterTokens' in fault)) this.#options.onFault?.();
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
          type: fault.type ?? errorType(fault.status),
          message: fault.message ?? `Simulated failure ${fault.status}.`,
          ...('code' in fault && { code: fault.code }),
          ...(fault.retryAfter !== undefined && { retryAfter: fault.retryAfter }),
        });
        return;
      default:
        return this.#stream(request, asked, fault, response);
    }
  }

  async #stream(
    request: AnthropicRequest,
    {
      body,
      model,
      chars,
    }: { readonly body: AnthropicBody; readonly model: SimulatedClaude; readonly chars: number },
    fault: AnthropicFault | null,
    response: ServerResponse,
  ): Promise<void> {
    const { answers = friendlyAnswer, pace } = this.#options;
    const given = await answers(request);
    const thinking = !isThinking(model, body) ? 'none' : isShown(model, body) ? 'shown' : 'omitted';
    const cost = this.#cache.costOf(body, chars);
    const manner = this.#nextManner();
    const answer = anthropicWire(typeof given === 'string' ? { text: given } : given, {
      id: String(this.requests.length),
      model: body.model,
      manner,
      input: cost,
      thinking,
    });
    if (answer.thoughts.length > 0 && answer.callIds.length > 0) this.#thoughtful.push(answer);
    const stream = new AnthropicAnswerStream({
      response,
      clock: this.#clock,
      pace: { ...defaultPace, ...pace },
      answer,
      fault,
      onFault: () => this.#options.onFault?.(),
    });
    const input = answer.tellsInputFirst ? billedInput(cost) : { inputTokens: Math.ceil(chars / 4) };
    this.#billed.push({
      cost: () =>
        stream.isComplete ? answer.billed : { ...input, outputTokens: stream.tokens, estimated: true },
    });
    const contentType =
      manner === 'other_content_type'
        ? otherContentTypes[this.requests.length % otherContentTypes.length]
        : 'text/event-stream; charset=utf-8';
    response.writeHead(200, contentType === undefined ? {} : { 'content-type': contentType });
    response.flushHeaders();
    stream.start();
  }

  #refuse(response: ServerResponse, status: number, { message }: Pick<SentError, 'message'>): void {
    this.problems.push(message);
    sendError(response, status, { type: errorType(status), message });
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
 * Starts a simulated Anthropic on a free loopback port; it listens when the promise resolves. The caller closes it.
 *
 * @example
 * const anthropic = await startAnthropicSimulator({ answers: ({ messages }) => `You said ${messages.length} things.` });
 * anthropic.failNext({ fault: 'status', status: 529 });
 * const llm = { provider: 'anthropic', apiKey: 'any', baseUrl: anthropic.baseUrl };
 */
export async function startAnthropicSimulator(
  options: AnthropicSimulatorOptions = {},
): Promise<AnthropicSimulator> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  return new AnthropicSimulator(server, options);
}

function friendlyAnswer(): string {
  return 'Hello! Thank you for calling. How can I help you today?';
}

/** Newer models leave their thinking out unless they are asked for a summary. */
function isShown(model: SimulatedClaude, { thinking }: AnthropicBody): boolean {
  const display = thinking && 'display' in thinking ? thinking.display : undefined;
  return display === undefined ? !model.thinksUnasked : display === 'summarized';
}

/** The headers without those that contain the key. */
function plainHeaders({ headers }: IncomingMessage): Record<string, string> {
  const plain = Object.entries(headers).filter(([name]) => name !== 'x-api-key' && name !== 'authorization');
  return Object.fromEntries(plain.map(([name, value]) => [name, String(value)]));
}
