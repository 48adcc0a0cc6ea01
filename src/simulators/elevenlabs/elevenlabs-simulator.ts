import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { z } from 'zod';
import { systemClock, type Clock } from '../../core/clock.js';
import type { ElevenLabsFault } from './elevenlabs-fault.js';
import { drawManners, type ElevenLabsManners } from './elevenlabs-manners.js';
import { SimulatedAccount, type Refusal, type SimulatedAccountOptions } from './simulated-account.js';
import { packed } from './simulated-container.js';
import { SimulatedContext, type ElevenLabsPace } from './simulated-context.js';
import { SimulatedSocket } from './simulated-socket.js';
import { piecesOf, toneVoice, type AudioPiece, type SimulatedVoice } from '../simulated-voice.js';
import { seededRandom } from '../seeded-random.js';
import type { BilledOf, VendorSimulator } from '../vendor-simulator.js';

export interface ElevenLabsSimulatorOptions extends SimulatedAccountOptions {
  /** The voice. @default a tone for each character */
  readonly voice?: SimulatedVoice;
  /** @default 75 ms to the first audio of a sentence, 5 ms between pieces */
  readonly pace?: Partial<ElevenLabsPace>;
  /** Length of a piece of audio in milliseconds. @default 240 */
  readonly pieceLengthMs?: number;
  /** The form of answers; `random` draws new manners for each answer. @default as documented */
  readonly manners?: ElevenLabsManners | 'random';
  /** Seed of the random manners. @default 1 */
  readonly seed?: number;
  /** Called when a fault happens. */
  readonly onFault?: () => void;
  /** @default the machine's clock */
  readonly clock?: Clock;
}

interface Route {
  readonly voiceId: string;
  readonly modelId: string | null;
  readonly kind: 'multi-stream-input' | 'stream-input' | 'stream';
  readonly format: { readonly encoding: 'mulaw' | 'linear16'; readonly sampleRateHz: number };
  readonly autoMode: boolean;
}

const documentedManners: Required<ElevenLabsManners> = {
  timing: 'piece',
  contextKey: 'contextId',
  flushDone: false,
  unknown: false,
  oddFrames: false,
  final: 'at_once',
};
const defaultPace: ElevenLabsPace = { firstAudioMs: 75, pieceMs: 5 };
const httpBody = z.looseObject({
  text: z.string().min(1),
  model_id: z.string().optional(),
  previous_text: z.string().optional(),
});

/**
 * A simulated ElevenLabs on the loopback interface: the WebSockets `multi-stream-input` and `stream-input` and the HTTP
 * stream, with the protocol's rules. Started by {@link startElevenLabsSimulator}; the caller closes it.
 */
export class ElevenLabsSimulator implements VendorSimulator<'tts'> {
  /** `http://127.0.0.1:<port>`. */
  readonly baseUrl: string;
  /** Texts to speak, in order of arrival. */
  readonly texts: string[] = [];
  /** Client mistakes that ElevenLabs refuses. */
  readonly problems: string[] = [];
  /** The bytes of every piece of audio that was sent, in order. */
  readonly sentAudio: Buffer[] = [];
  /** Connections and HTTP requests for speech so far, including refused ones. */
  attempts = 0;
  /** Null: over HTTP, too, most connections are WebSockets. */
  readonly openAnswers = null;
  /** Queries of the accepted WebSockets, and bodies of the HTTP requests for speech. */
  readonly requests: object[] = [];
  /** The first message of each context. */
  readonly openings: object[] = [];
  /** Connections accepted so far. */
  connections = 0;
  /** Requests about an account: its voices, models and user. */
  probes = 0;
  /** HTTP connections opened so far, including those of WebSockets. */
  httpConnections = 0;
  /** Requests that only opened a connection. */
  warmings = 0;
  /** The largest number of contexts open on one socket at a time. */
  mostContexts = 0;
  readonly #server: Server;
  #answered = 0;
  readonly #options: ElevenLabsSimulatorOptions;
  readonly #account: SimulatedAccount;
  readonly #random: () => number;
  readonly #clock: Clock;
  readonly #sockets = new WebSocketServer({ noServer: true });
  /** Upgraded sockets, which the HTTP server does not track; those without a completed handshake are not WebSockets either. */
  readonly #upgraded = new Set<Duplex>();
  readonly #speaking = new Set<SimulatedSocket>();
  readonly #refusals: ElevenLabsFault[] = [];
  readonly #faults: ElevenLabsFault[] = [];
  readonly #billed: { characters: number; seconds: number }[] = [];
  #waiting: (() => void)[] = [];

  /** `server` is already listening. */
  constructor(server: Server, options: ElevenLabsSimulatorOptions) {
    this.#server = server;
    this.#options = options;
    this.#account = new SimulatedAccount(options);
    this.#random = seededRandom(options.seed ?? 1);
    this.#clock = options.clock ?? systemClock;
    this.baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('connection', () => this.httpConnections++);
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    server.on('request', (request, response) => void this.#serve(request, response));
  }

  get billed(): readonly BilledOf['tts'][] {
    return this.#billed;
  }

  /** Currently open sockets. */
  get openSockets(): number {
    return this.#sockets.clients.size;
  }

  /** Currently open contexts on all sockets. */
  get openContexts(): number {
    return [...this.#speaking].reduce((sum, { openContexts }) => sum + openContexts, 0);
  }

  /** Queues faults for the next connections or answers, one each; later ones are healthy. */
  failNext(...faults: readonly ElevenLabsFault[]): void {
    for (const fault of faults) {
      const atHandshake = fault.fault === 'refuse' || fault.fault === 'no_handshake';
      (atHandshake ? this.#refusals : this.#faults).push(fault);
    }
  }

  /** Resolves when the next connection or HTTP request for speech arrives, refused or not. */
  nextConnection(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Closes all open sockets, like a restarting server, and keeps listening. */
  dropSockets(): void {
    for (const socket of this.#sockets.clients) socket.terminate();
  }

  /** Cuts all connections and stops listening. */
  async close(): Promise<void> {
    for (const socket of this.#upgraded) socket.destroy();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => undefined);
    this.#upgraded.add(socket);
    socket.once('close', () => this.#upgraded.delete(socket));
    this.attempts++;
    const route = routeOf(request);
    const fault = this.#nextRefusal();
    if (fault?.fault === 'no_handshake') return;
    // https://github.com/livekit/agents/issues/4901
    const isSocketless = route?.modelId === 'eleven_v3';
    if (fault?.fault === 'refuse' || route === null || isSocketless) {
      const { status, body, retryAfter } = responseTo(
        isSocketless ? { fault: 'refuse', status: 403 } : fault,
      );
      socket.end(
        `HTTP/1.1 ${status} Refused\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n` +
          `${retryAfter === undefined ? '' : `retry-after: ${retryAfter}\r\n`}connection: close\r\n\r\n${body}`,
      );
      return;
    }
    this.connections++;
    this.#sockets.handleUpgrade(request, socket, head, (client) => {
      // ElevenLabs accepts every handshake, and checks key, voice and model after it.
      const refusal = this.#refusalOf(request, route, route.modelId);
      if (refusal) {
        client.on('error', () => undefined);
        client.send(JSON.stringify({ message: refusal.message, error: refusal.code, code: 1008 }));
        client.close(1008, refusal.code);
        return;
      }
      this.requests.push(Object.fromEntries(new URL(request.url ?? '', 'http://simulator').searchParams));
      const bill = this.#bill(route.format);
      const speaking = new SimulatedSocket({
        socket: client,
        isMulti: route.kind === 'multi-stream-input',
        context: () => this.#contextOptions(route),
        onText: (text) => {
          this.texts.push(text);
          bill.text(text);
        },
        onAudio: bill.audio,
        onOpening: (message) => this.openings.push(message),
        onProblem: (problem) => this.problems.push(problem),
        onContexts: (count) => {
          this.mostContexts = Math.max(this.mostContexts, count);
        },
      });
      this.#speaking.add(speaking);
      client.once('close', () => this.#speaking.delete(speaking));
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { url = '', headers, method } = request;
    // https://elevenlabs.io/docs/cookbooks/text-to-speech/request-stitching; of sockets none is documented.
    response.setHeader('request-id', `simulated-${++this.#answered}`);
    const told = method === 'GET' ? this.#account.answer(url, headers['xi-api-key']) : null;
    if (told) {
      this.probes++;
      response.writeHead(told.status, { 'content-type': 'application/json' }).end(JSON.stringify(told.body));
      return;
    }
    if (method === 'GET' && url === '/') {
      this.warmings++;
      response.writeHead(404).end();
      return;
    }
    const route = routeOf(request);
    const fault = route && this.#nextRefusal();
    if (route) this.attempts++;
    let json = '';
    try {
      for await (const chunk of request.setEncoding('utf8')) json += chunk as string;
    } catch {
      return;
    }
    if (fault?.fault === 'no_handshake') return;
    const asked = route?.kind === 'stream' ? httpBody.parse(JSON.parse(json)) : null;
    const refusal =
      asked && route && (this.#refusalOf(request, route, asked.model_id ?? null) ?? refusalOfContext(asked));
    if (fault || refusal || !asked || !route) {
      const { status, body, retryAfter } = responseTo(fault ?? refusal);
      const type = { 'content-type': 'application/json' };
      response
        .writeHead(status, retryAfter === undefined ? type : { ...type, 'retry-after': retryAfter })
        .end(body);
      return;
    }
    const { text } = asked;
    this.texts.push(text);
    this.requests.push(asked);
    const bill = this.#bill(route.format);
    bill.text(text);
    response.writeHead(200, { 'content-type': 'audio/basic' });
    response.flushHeaders();
    const context = new SimulatedContext({
      ...this.#contextOptions(route),
      manners: documentedManners,
      autoMode: true,
      onPiece: (audio) => {
        bill.audio(audio);
        if (!response.writableEnded) response.write(audio);
      },
      onFlushed: () => undefined,
      onFinal: () => response.end(),
      onFault: ({ fault: happening }) => {
        if (happening === 'drop') response.socket?.destroy();
      },
    });
    response.once('close', () => context.stop());
    context.takeText(text, true);
    context.close();
  }

  /** Begins a bill for a connection or a request. */
  #bill({ encoding, sampleRateHz }: Route['format']): {
    readonly text: (text: string) => void;
    readonly audio: (audio: Buffer) => void;
  } {
    const billed = { characters: 0, seconds: 0 };
    this.#billed.push(billed);
    return {
      text: (text) => void (billed.characters += text.trim().length),
      audio: ({ length }) => void (billed.seconds += length / sampleRateHz / (encoding === 'mulaw' ? 1 : 2)),
    };
  }

  #contextOptions({ format, autoMode }: Route) {
    const { voice = toneVoice, pace, pieceLengthMs = 240 } = this.#options;
    const fault = this.#faults.shift() ?? null;
    if (fault && !('afterPieces' in fault)) this.#options.onFault?.();
    const spokenFormat = fault?.fault === 'wrong_encoding' ? otherFormat(format) : format;
    return {
      clock: this.#clock,
      pace: { ...defaultPace, ...pace },
      fault,
      manners: this.#nextManners(),
      noteFault: () => this.#options.onFault?.(),
      autoMode,
      speak: (text: string): AudioPiece[] => {
        const pieces = piecesOf(voice(text, spokenFormat.sampleRateHz), spokenFormat, pieceLengthMs);
        this.sentAudio.push(...pieces.map(({ audio }) => audio));
        if (fault?.fault !== 'container') return pieces;
        return packed(pieces, spokenFormat, fault.container);
      },
    };
  }

  #nextManners(): Required<ElevenLabsManners> {
    const { manners } = this.#options;
    return manners === 'random' ? drawManners(this.#random) : { ...documentedManners, ...manners };
  }

  #nextRefusal(): ElevenLabsFault | null {
    for (const resolve of this.#waiting.splice(0)) resolve();
    const scripted = this.#refusals.shift() ?? null;
    if (scripted) this.#options.onFault?.();
    return scripted;
  }

  #refusalOf({ headers }: IncomingMessage, route: Route, modelId: string | null): RefuseFault | null {
    const refusal =
      this.#account.refusalOfKey(headers['xi-api-key']) ??
      this.#account.refusalOfSpeech(route.voiceId, modelId, route.kind !== 'stream');
    return refusal && { fault: 'refuse', ...refusal };
  }
}

type RefuseFault = Refusal & { readonly fault: 'refuse' };

/**
 * Starts a simulated ElevenLabs on a free loopback port; it listens when the promise resolves. The caller closes it.
 *
 * @example
 * const elevenlabs = await startElevenLabsSimulator({ pace: { firstAudioMs: 200 } });
 * elevenlabs.failNext({ fault: 'drop', afterPieces: 2 });
 * const tts = { provider: 'elevenlabs', apiKey: 'any', baseUrl: elevenlabs.baseUrl };
 */
export async function startElevenLabsSimulator(
  options: ElevenLabsSimulatorOptions = {},
): Promise<ElevenLabsSimulator> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  return new ElevenLabsSimulator(server, options);
}

function routeOf({ url = '' }: IncomingMessage): Route | null {
  const { pathname, searchParams } = new URL(url, 'http://simulator');
  const [, voiceId, kind] =
    /^\/v1\/text-to-speech\/([^/]+)\/(multi-stream-input|stream-input|stream)$/.exec(pathname) ?? [];
  const format = /^(ulaw|pcm)_(\d+)$/.exec(searchParams.get('output_format') ?? '');
  if (!voiceId || !kind || !format) return null;
  return {
    voiceId: decodeURIComponent(voiceId),
    modelId: searchParams.get('model_id'),
    kind: kind as Route['kind'],
    format: { encoding: format[1] === 'ulaw' ? 'mulaw' : 'linear16', sampleRateHz: Number(format[2]) },
    autoMode: searchParams.get('auto_mode') === 'true',
  };
}

/** https://github.com/home-assistant/core/issues/182944 */
function refusalOfContext({
  model_id: modelId = '',
  previous_text: previous,
}: z.infer<typeof httpBody>): RefuseFault | null {
  if (previous === undefined || !modelId.startsWith('eleven_v3')) return null;
  const message = `Providing previous_text or next_text is not yet supported with the '${modelId}' model.`;
  return { fault: 'refuse', status: 400, code: 'unsupported_model', message };
}

function otherFormat({ encoding, sampleRateHz }: Route['format']): Route['format'] {
  if (encoding === 'mulaw') return { encoding: 'linear16', sampleRateHz: 24000 };
  return { encoding: 'mulaw', sampleRateHz: Math.min(8000, sampleRateHz) };
}

function responseTo(refusal: ElevenLabsFault | null): {
  readonly status: number;
  readonly body: string;
  readonly retryAfter?: string;
} {
  if (refusal?.fault !== 'refuse') return { status: 404, body: '{"detail":"Not Found"}' };
  const { status, code = 'simulated', message = `Simulated failure ${status}.`, retryAfter } = refusal;
  const body = JSON.stringify({ detail: { status: code, message } });
  return { status, body, ...(retryAfter !== undefined && { retryAfter }) };
}
