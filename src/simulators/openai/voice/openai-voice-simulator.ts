import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock, type Clock } from '../../../core/clock.js';
import { messageOf } from '../../../core/errors.js';
import { seededRandom } from '../../seeded-random.js';
import { toneVoice, type SimulatedVoice } from '../../simulated-voice.js';
import type { BilledOf, VendorSimulator, VoiceFault } from '../../vendor-simulator.js';
import { openAiDialect } from '../openai-dialect.js';
import { modelObject, type SimulatedModel } from '../openai-models.js';
import { documentedManners, randomManners, type OpenAiVoiceManners } from './openai-voice-manners.js';
import { readSpeechCall, type SpeechCall, type SpeechRefusal } from './speech-call.js';
import { SimulatedSpeechAnswer, type OpenAiVoicePace } from './simulated-speech-answer.js';

export interface OpenAiVoiceSimulatorOptions {
  /** The voice. @default a tone for each character */
  readonly voice?: SimulatedVoice;
  /** @default 75 ms to the first audio of a text, 5 ms between pieces */
  readonly pace?: Partial<OpenAiVoicePace>;
  /** Length of a piece of audio in milliseconds. @default 240 */
  readonly pieceLengthMs?: number;
  /** The only key that it accepts. @default any */
  readonly apiKey?: string;
  /** Its models. @default the speech models of December 2026, with the day of their shutdown */
  readonly models?: readonly SimulatedModel[];
  /** The shape of answers; `random` draws new manners for each. @default as documented */
  readonly manners?: Partial<OpenAiVoiceManners> | 'random';
  /** Seed of the random manners. @default 1 */
  readonly seed?: number;
  /** Called when a fault happens. */
  readonly onFault?: () => void;
  /** @default the machine's clock */
  readonly clock?: Clock;
}

/** Source: https://developers.openai.com/api/docs/deprecations */
const speechModels: readonly SimulatedModel[] = ['gpt-4o-mini-tts', 'tts-1', 'tts-1-hd'].map((id) => ({
  id,
  shutdownDate: '2027-01-06',
}));
const defaultPace: OpenAiVoicePace = { firstAudioMs: 75, pieceMs: 5 };

/**
 * A simulated speech endpoint of OpenAI on the loopback interface: `POST /v1/audio/speech`, streamed, and
 * `GET /v1/models/{model}`. Started by {@link startOpenAiVoiceSimulator}; the caller closes it.
 */
export class OpenAiVoiceSimulator implements VendorSimulator<'tts'> {
  /** `http://127.0.0.1:<port>/v1`. */
  readonly baseUrl: string;
  /** Client mistakes that OpenAI refuses. */
  readonly problems: string[] = [];
  readonly billed: BilledOf['tts'][] = [];
  /** The valid requests for speech, in order of arrival. */
  readonly calls: SpeechCall[] = [];
  /** The bytes that were sent for each of the {@link calls}. */
  readonly sentAudio: Buffer[] = [];
  /** Requests for speech, refused ones included. */
  attempts = 0;
  /** Requests about models. */
  probes = 0;
  /** TCP connections opened so far. */
  connections = 0;
  /** The largest number of requests that were answered at a time. */
  mostAnswers = 0;
  readonly #server: Server;
  readonly #options: OpenAiVoiceSimulatorOptions;
  readonly #clock: Clock;
  readonly #nextManners: () => OpenAiVoiceManners;
  readonly #random: () => number;
  readonly #faults: VoiceFault[] = [];
  readonly #open = new Set<ServerResponse>();
  #waiting: { readonly until: () => boolean; readonly resolve: () => void }[] = [];
  #answered = 0;

  /** `server` is already listening. */
  constructor(server: Server, options: OpenAiVoiceSimulatorOptions) {
    const { manners = {}, seed = 1 } = options;
    this.#server = server;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = seededRandom(seed);
    this.#nextManners =
      manners === 'random' ? randomManners(seed) : () => ({ ...documentedManners, ...manners });
    this.baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
    server.keepAliveTimeout = 75_000;
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

  failNext(...faults: readonly VoiceFault[]): void {
    this.#faults.push(...faults);
  }

  /** Resolves when `count` requests for speech have arrived since the start. */
  received(count: number): Promise<void> {
    return this.#when(() => this.attempts >= count);
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
    const manners = this.#nextManners();
    // On every answer: https://developers.openai.com/api/reference/overview, "Debugging requests"
    if (manners.tellsRequestId) response.setHeader('x-request-id', `req_simulated_${++this.#answered}`);
    const body = await textOf(request);
    const { pathname } = new URL(request.url ?? '/', this.baseUrl);
    const route = `${request.method ?? ''} ${pathname}`;
    if (route.startsWith('GET /v1/models/')) {
      this.probes++;
      if (this.#knowsKey(request, response))
        this.#showModel(decodeURIComponent(pathname.slice(11)), response);
    } else if (route === 'POST /v1/audio/speech') {
      this.attempts++;
      this.#wake();
      if (this.#knowsKey(request, response)) this.#answer(body, manners, response);
    } else
      this.#refuse(response, { status: 404, code: 'unknown_url', message: `Unknown request URL: ${route}.` });
  }

  #showModel(id: string, response: ServerResponse): void {
    const found = this.#models.find((model) => model.id === id);
    if (found) sendJson(response, 200, modelObject(found));
    else this.#refuse(response, openAiDialect.unknownModel(id));
  }

  #answer(body: string, manners: OpenAiVoiceManners, response: ServerResponse): void {
    const fault = this.#faults.shift() ?? null;
    if (fault?.fault === 'refuse') {
      this.#options.onFault?.();
      const { status, retryAfter } = fault;
      sendError(response, { status, code: null, message: `Simulated failure ${status}.` }, retryAfter);
      return;
    }
    const ids = this.#models.map(({ id }) => id);
    const call = readSpeechCall(body, ids);
    if ('status' in call) return this.#refuse(response, call);
    this.calls.push(call);
    this.#speak(call, manners, fault, response);
  }

  #speak(
    call: SpeechCall,
    manners: OpenAiVoiceManners,
    fault: VoiceFault | null,
    response: ServerResponse,
  ): void {
    const { voice = toneVoice, pace, pieceLengthMs = 240, onFault } = this.#options;
    const index = this.billed.push({ characters: call.input.length, seconds: 0 }) - 1;
    const sent: Buffer[] = [];
    this.#open.add(response);
    this.mostAnswers = Math.max(this.mostAnswers, this.#open.size);
    const answer = new SimulatedSpeechAnswer({
      ...{ response, manners, fault, pieceLengthMs, voice, clock: this.#clock, text: call.input },
      pace: { ...defaultPace, ...pace },
      random: this.#random,
      onFault: () => onFault?.(),
      onSent: (piece) => {
        sent.push(piece);
        const bytes = Buffer.concat(sent);
        this.sentAudio[index] = bytes;
        this.billed[index] = { characters: call.input.length, seconds: bytes.length / 48_000 };
      },
    });
    response.once('close', () => {
      answer.stop();
      this.#open.delete(response);
      this.#wake();
    });
    answer.start();
  }

  #knowsKey({ headers }: IncomingMessage, response: ServerResponse): boolean {
    const given = (headers.authorization ?? '').replace(/^Bearer /, '');
    if (given !== '' && given === (this.#options.apiKey ?? given)) return true;
    // The real server masks the middle of the key; showing all of it is the harder test.
    const message = `Incorrect API key provided: ${given}.`;
    this.#refuse(response, { status: 401, code: 'invalid_api_key', message });
    return false;
  }

  #refuse(response: ServerResponse, refusal: SpeechRefusal): void {
    this.problems.push(refusal.message);
    sendError(response, refusal);
  }

  get #models(): readonly SimulatedModel[] {
    return this.#options.models ?? speechModels;
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

/** Starts a simulated speech endpoint on a free loopback port; it listens when the promise resolves. The caller closes it. */
export async function startOpenAiVoiceSimulator(
  options: OpenAiVoiceSimulatorOptions = {},
): Promise<OpenAiVoiceSimulator> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  return new OpenAiVoiceSimulator(server, options);
}

function sendError(
  response: ServerResponse,
  { status, code, message, param }: SpeechRefusal,
  retryAfter?: string,
): void {
  const type = status === 429 ? 'requests' : status < 500 ? 'invalid_request_error' : 'server_error';
  const headers = retryAfter === undefined ? {} : { 'retry-after': retryAfter };
  sendJson(response, status, { error: { message, type, param: param ?? null, code } }, headers);
}

function sendJson(response: ServerResponse, status: number, body: object, headers: object = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
