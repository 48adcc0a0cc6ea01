/**
 * A simulated Cartesia with the WebSocket of its voices: a server on a loopback port that the vendor's SDK can talk to. The test
 * chooses its latencies, manners and faults; it records the client's mistakes.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { systemClock, type Clock } from '../../core/clock.js';
import type { TtsUsage } from '../../metrics/provider-usage.js';
import { seededRandom } from '../seeded-random.js';
import { toneVoice, type SimulatedVoice } from '../simulated-voice.js';
import type { VendorSimulator, VoiceFault } from '../vendor-simulator.js';
import { documentedManners, drawManners, type CartesiaManners } from './cartesia-manners.js';
import {
  badRequest,
  errorMessage,
  refusalOf,
  refusalOfHeaders,
  refuseUpgrade,
  serveVoices,
  simulatedRequestId,
  unknownModel,
  type CartesiaRefusal,
} from './cartesia-rest.js';
import { SimulatedContext, type CartesiaPace } from './simulated-context.js';
import { sharedFields, voiceRequest, type GenerationRequest } from './voice-request.js';

export interface CartesiaVoiceSimulatorOptions {
  /** The only key that it accepts. @default any */
  readonly apiKey?: string;
  /** The ids of its voices. @default any */
  readonly voices?: readonly string[];
  /** @default all whose names begin with `sonic` */
  readonly models?: readonly string[];
  /** The voice. @default a tone for each character */
  readonly voice?: SimulatedVoice;
  /** @default 75 ms to the first audio of a text, 5 ms between pieces */
  readonly pace?: Partial<CartesiaPace>;
  /** The form of answers; `random` draws new manners for each answer. @default as documented */
  readonly manners?: CartesiaManners | 'random';
  /** Seed of the random manners. @default 1 */
  readonly seed?: number;
  /** Called when a fault happens. */
  readonly onFault?: () => void;
  /** @default the machine's clock */
  readonly clock?: Clock;
}

const defaultPace: CartesiaPace = { firstAudioMs: 75, pieceMs: 5 };

/** One context of a connection. */
interface OpenContext {
  readonly context: SimulatedContext;
  /** The fields that no request may change. */
  readonly shared: string;
  readonly isBuffered: boolean;
  readonly bill: { characters: number; seconds: number };
}

/** Started by {@link startCartesiaVoiceSimulator}; the caller closes it. */
export class CartesiaVoiceSimulator implements VendorSimulator<'tts'> {
  readonly baseUrl: string;
  readonly openAnswers = null;
  readonly problems: string[] = [];
  readonly billed: Pick<TtsUsage, 'characters' | 'seconds'>[] = [];
  /** Texts to speak, in order of arrival. */
  readonly texts: string[] = [];
  /** The bytes of every piece of audio that was sent, in order. */
  readonly sentAudio: Buffer[] = [];
  /** Requests about voices. */
  probes = 0;
  attempts = 0;
  /** Connections accepted so far. */
  connections = 0;
  readonly #server: Server;
  readonly #options: CartesiaVoiceSimulatorOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #streams = new Set<Duplex>();
  readonly #refusals: (VoiceFault & { readonly fault: 'refuse' })[] = [];
  readonly #faults: VoiceFault[] = [];

  /** `server` is already listening. */
  constructor(server: Server, options: CartesiaVoiceSimulatorOptions) {
    this.#server = server;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = seededRandom(options.seed ?? 1);
    this.baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.#sockets.on('headers', (headers) => headers.push(`X-Request-Id: ${simulatedRequestId}`));
    server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) =>
      this.#upgrade(request, stream, head),
    );
    server.on('request', (request, response) => {
      this.probes++;
      serveVoices(request, response, options);
    });
  }

  /** Currently open sockets. */
  get openSockets(): number {
    return this.#sockets.clients.size;
  }

  failNext(...faults: readonly VoiceFault[]): void {
    for (const fault of faults) {
      if (fault.fault === 'refuse') this.#refusals.push(fault);
      else this.#faults.push(fault);
    }
  }

  /** Closes all open sockets, like a restarting server, and keeps listening. */
  dropSockets(): void {
    for (const socket of this.#sockets.clients) socket.terminate();
  }

  async close(): Promise<void> {
    for (const stream of this.#streams) stream.destroy();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    this.attempts++;
    stream.on('error', () => undefined);
    this.#streams.add(stream);
    stream.once('close', () => this.#streams.delete(stream));
    const fault = this.#refusals.shift();
    if (fault) {
      this.#options.onFault?.();
      return refuseUpgrade(stream, refusalOf(fault.status, fault.retryAfter));
    }
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://simulator');
    if (pathname !== '/tts/websocket') return refuseUpgrade(stream, refusalOf(404));
    if (searchParams.has('api_key')) this.problems.push('The key is in the address.');
    const refusal = refusalOfHeaders(request.headers, this.#options.apiKey);
    if (refusal) {
      if (refusal.status !== 401) this.problems.push(refusal.message);
      return refuseUpgrade(stream, refusal);
    }
    this.connections++;
    this.#sockets.handleUpgrade(request, stream, head, (socket) => this.#serve(socket));
  }

  #serve(socket: WebSocket): void {
    const contexts = new Map<string, OpenContext>();
    socket.on('error', () => undefined);
    socket.on('message', (data, isBinary) =>
      this.#take(socket, contexts, isBinary ? '' : (data as Buffer).toString()),
    );
    socket.on('close', () => {
      for (const { context } of contexts.values()) context.stop();
      contexts.clear();
    });
  }

  #take(socket: WebSocket, contexts: Map<string, OpenContext>, json: string): void {
    let request;
    try {
      request = voiceRequest.parse(JSON.parse(json));
    } catch {
      this.#refuse(socket, badRequest(`It sent an invalid message: ${json}`));
      return;
    }
    const id = request.context_id;
    const open = contexts.get(id);
    if ('cancel' in request) {
      open?.context.cancel();
      contexts.delete(id);
      return;
    }
    const known = open ?? this.#open(socket, contexts, request);
    if (known) this.#say(socket, known, request);
  }

  #say(socket: WebSocket, open: OpenContext, request: GenerationRequest): void {
    const { context, bill, shared, isBuffered } = open;
    const { context_id: id, transcript, flush } = request;
    if (shared !== sharedFields(request)) {
      this.#refuse(socket, badRequest(`It changed the fields of ${id}.`), id);
    } else if (flush && (transcript !== '' || request.continue !== true)) {
      // https://docs.cartesia.ai/use-the-api/tts-websocket/context-flushing-and-flush-i-ds
      this.#refuse(socket, badRequest('A flush must be a request of its own, without a transcript.'), id);
    } else {
      context.keepAlive();
      bill.characters += transcript.length;
      if (transcript !== '') {
        this.texts.push(transcript);
        context.take(transcript, isBuffered);
      }
      if (flush) context.flush();
      if (request.continue !== true) context.end();
    }
  }

  #open(
    socket: WebSocket,
    contexts: Map<string, OpenContext>,
    request: GenerationRequest,
  ): OpenContext | null {
    const { context_id: id, transcript, model_id: model, voice, output_format: format } = request;
    const { voices, models } = this.#options;
    const refuse = (refusal: CartesiaRefusal, isMistake = true): null => {
      this.#refuse(socket, refusal, id, isMistake);
      return null;
    };
    if (transcript === '') return refuse(badRequest(`${id} has no text, has ended or has expired.`));
    if (models ? !models.includes(model) : !model.startsWith('sonic')) return refuse(unknownModel, false);
    if (voices && !voices.includes(voice.id)) return refuse(refusalOf(404), false);
    if (!['pcm_mulaw', 'pcm_s16le'].includes(format.encoding))
      return refuse(badRequest('The simulator does not make this encoding.'));
    const bill = { characters: 0, seconds: 0 };
    let spokenMs = 0;
    this.billed.push(bill);
    const send = (message: object): void => socket.send(JSON.stringify({ ...message, context_id: id }));
    const open: OpenContext = {
      shared: sharedFields(request),
      isBuffered: request.max_buffer_delay_ms !== 0,
      bill,
      context: new SimulatedContext({
        clock: this.#clock,
        pace: { ...defaultPace, ...this.#options.pace },
        fault: this.#faults.shift() ?? null,
        manners: this.#nextManners(),
        voice: this.#options.voice ?? toneVoice,
        format: {
          encoding: format.encoding === 'pcm_mulaw' ? 'mulaw' : 'linear16',
          sampleRateHz: format.sample_rate,
        },
        send,
        onAudio: (audio, lengthMs) => {
          this.sentAudio.push(audio);
          spokenMs += lengthMs;
          bill.seconds = spokenMs / 1000;
        },
        onFault: (fault) => {
          this.#options.onFault?.();
          if (fault.fault === 'drop') socket.terminate();
          // Half a message: its rest never comes.
          else if (fault.fault === 'garbage')
            socket.send(`{"type":"chunk","context_id":"${id}","data":"UklG`);
        },
        onEnd: () => contexts.delete(id),
      }),
    };
    contexts.set(id, open);
    return open;
  }

  #nextManners(): Required<CartesiaManners> {
    const { manners } = this.#options;
    return manners === 'random' ? drawManners(this.#random) : { ...documentedManners, ...manners };
  }

  #refuse(socket: WebSocket, refusal: CartesiaRefusal, contextId?: string, isMistake = true): void {
    if (isMistake) this.problems.push(refusal.message);
    socket.send(errorMessage(refusal, contextId));
  }
}

/**
 * Starts a simulated Cartesia on a free loopback port; it listens when the promise resolves. The caller closes it.
 *
 * @example
 * const cartesia = await startCartesiaVoiceSimulator({ pace: { firstAudioMs: 200 } });
 * cartesia.failNext({ fault: 'drop', afterPieces: 2 });
 * const tts = { provider: 'cartesia', apiKey: 'any', baseUrl: cartesia.baseUrl };
 */
export async function startCartesiaVoiceSimulator(
  options: CartesiaVoiceSimulatorOptions = {},
): Promise<CartesiaVoiceSimulator> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  return new CartesiaVoiceSimulator(server, options);
}
