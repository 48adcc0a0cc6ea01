import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { z } from 'zod';
import { systemClock, type Clock } from '../clock.js';
import type { ElevenLabsFault } from './elevenlabs/elevenlabs-fault.js';
import { SimulatedContext, type ElevenLabsPace } from './elevenlabs/simulated-context.js';
import { SimulatedSocket } from './elevenlabs/simulated-socket.js';
import { piecesOf, toneVoice, type AudioPiece, type SimulatedVoice } from './elevenlabs/simulated-voice.js';

export interface ElevenLabsSimulatorOptions {
  /** What texts sound like. @default a tone for each character */
  readonly voice?: SimulatedVoice;
  /** @default 75 ms to the first audio of a sentence, 5 ms between pieces */
  readonly pace?: Partial<ElevenLabsPace>;
  /** Length of a piece of audio in milliseconds. @default 240 */
  readonly pieceLengthMs?: number;
  /** The only key it takes. @default any */
  readonly apiKey?: string;
  /** Called at the moment when a fault happens. */
  readonly onFault?: () => void;
  /** @default the machine's */
  readonly clock?: Clock;
}

interface Route {
  readonly kind: 'multi-stream-input' | 'stream-input' | 'stream';
  readonly format: { readonly encoding: 'mulaw' | 'linear16'; readonly sampleRateHz: number };
  readonly autoMode: boolean;
}

const defaultPace: ElevenLabsPace = { firstAudioMs: 75, pieceMs: 5 };
const httpBody = z.looseObject({ text: z.string().min(1) });

/**
 * ElevenLabs on the loopback interface: the WebSockets `multi-stream-input` and `stream-input` and the HTTP stream, with the
 * protocol's rules. Made by {@link startElevenLabsSimulator}; whoever starts it closes it.
 */
export class ElevenLabsSimulator {
  /** `http://127.0.0.1:<port>`. */
  readonly baseUrl: string;
  /** Texts that it was given to speak, in order of arrival. */
  readonly texts: string[] = [];
  /** What clients did that ElevenLabs refuses. */
  readonly problems: string[] = [];
  /** The bytes of every piece of audio that was spoken, in order. */
  readonly sentAudio: Buffer[] = [];
  /** Connections that were ever accepted. */
  connections = 0;
  /** Questions about a key. */
  probes = 0;
  /** The most contexts that one socket ever had open. */
  mostContexts = 0;
  readonly #server: Server;
  readonly #options: ElevenLabsSimulatorOptions;
  readonly #clock: Clock;
  readonly #sockets = new WebSocketServer({ noServer: true });
  /** The HTTP server forgets them; those without an answered handshake are no WebSockets either. */
  readonly #upgraded = new Set<Duplex>();
  readonly #speaking = new Set<SimulatedSocket>();
  readonly #refusals: ElevenLabsFault[] = [];
  readonly #faults: ElevenLabsFault[] = [];

  /** For a server that listens already. */
  constructor(server: Server, options: ElevenLabsSimulatorOptions) {
    this.#server = server;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    server.on('request', (request, response) => void this.#serve(request, response));
  }

  /** Sockets that are open now. */
  get openSockets(): number {
    return this.#sockets.clients.size;
  }

  /** Contexts that are open now, on all sockets. */
  get openContexts(): number {
    return [...this.#speaking].reduce((sum, { openContexts }) => sum + openContexts, 0);
  }

  /** The next connections or answers fail, each in its own way; those after them do not. */
  failNext(...faults: readonly ElevenLabsFault[]): void {
    for (const fault of faults) {
      const atHandshake = fault.fault === 'refuse' || fault.fault === 'no_handshake';
      (atHandshake ? this.#refusals : this.#faults).push(fault);
    }
  }

  /** Resolves when the next connection or HTTP request has come, whatever becomes of it. */
  async nextConnection(): Promise<void> {
    await Promise.race([once(this.#server, 'upgrade'), once(this.#server, 'request')]);
  }

  /** Closes all open sockets as a server that restarts does, and listens on. */
  dropSockets(): void {
    for (const socket of this.#sockets.clients) socket.terminate();
  }

  /** Breaks all connections and stops listening. */
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
    const route = routeOf(request);
    const refusal = this.#refusalOf(request, route);
    if (refusal?.fault === 'no_handshake') return;
    if (refusal?.fault === 'refuse' || route === null) {
      const { status, body, retryAfter } = responseTo(refusal);
      socket.end(
        `HTTP/1.1 ${status} Refused\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n` +
          `${retryAfter === undefined ? '' : `retry-after: ${retryAfter}\r\n`}connection: close\r\n\r\n${body}`,
      );
      return;
    }
    this.connections++;
    this.#sockets.handleUpgrade(request, socket, head, (client) => {
      const speaking = new SimulatedSocket({
        socket: client,
        isMulti: route.kind === 'multi-stream-input',
        context: () => this.#contextOptions(route),
        onText: (text) => this.texts.push(text),
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
    if (request.url === '/v1/user') {
      this.#tellUser(request, response);
      return;
    }
    const route = routeOf(request);
    const refusal = this.#refusalOf(request, route);
    let json = '';
    try {
      for await (const chunk of request.setEncoding('utf8')) json += chunk as string;
    } catch {
      return;
    }
    if (refusal?.fault === 'no_handshake') return;
    if (refusal || route?.kind !== 'stream') {
      const { status, body, retryAfter } = responseTo(refusal);
      const headers = retryAfter === undefined ? {} : { 'retry-after': retryAfter };
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
      return;
    }
    const { text } = httpBody.parse(JSON.parse(json));
    this.texts.push(text);
    response.writeHead(200, { 'content-type': 'audio/basic' });
    response.flushHeaders();
    const context = new SimulatedContext({
      ...this.#contextOptions(route),
      autoMode: true,
      onPiece: ({ audio }) => {
        if (!response.writableEnded) response.write(audio);
      },
      onFinal: () => response.end(),
      onFault: ({ fault }) => {
        if (fault === 'drop') response.socket?.destroy();
      },
    });
    response.once('close', () => context.stop());
    context.takeText(text, true);
    context.close();
  }

  /** What a key that may only speak is told. */
  #tellUser({ headers }: IncomingMessage, response: ServerResponse): void {
    this.probes++;
    const key = headers['xi-api-key'];
    const isKnown = typeof key === 'string' && (this.#options.apiKey ?? key) === key;
    const { status, body } = responseTo({
      fault: 'refuse',
      status: 401,
      ...(isKnown
        ? { code: 'missing_permissions', message: 'The API key is missing the permission user_read.' }
        : { code: 'invalid_api_key', message: `Invalid API key: ${String(key)}.` }),
    });
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
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
      noteFault: () => this.#options.onFault?.(),
      autoMode,
      speak: (text: string): AudioPiece[] => {
        const pieces = piecesOf(voice(text, spokenFormat.sampleRateHz), spokenFormat, pieceLengthMs);
        this.sentAudio.push(...pieces.map(({ audio }) => audio));
        return pieces;
      },
    };
  }

  #refusalOf({ headers }: IncomingMessage, route: Route | null): ElevenLabsFault | null {
    const scripted = this.#refusals.shift();
    if (scripted) this.#options.onFault?.();
    if (scripted) return scripted;
    const key = headers['xi-api-key'];
    if (typeof key !== 'string' || (this.#options.apiKey ?? key) !== key)
      return {
        fault: 'refuse',
        status: 401,
        code: 'invalid_api_key',
        message: `Invalid API key: ${String(key)}.`,
      };
    if (route === null) return { fault: 'refuse', status: 404, code: 'not_found' };
    return null;
  }
}

/**
 * Starts a simulated ElevenLabs on a free port of the loopback interface; it listens when the promise resolves. Whoever
 * started it closes it.
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
  const kind = /^\/v1\/text-to-speech\/[^/]+\/(multi-stream-input|stream-input|stream)$/.exec(pathname)?.[1];
  const format = /^(ulaw|pcm)_(\d+)$/.exec(searchParams.get('output_format') ?? '');
  if (!kind || !format) return null;
  return {
    kind: kind as Route['kind'],
    format: { encoding: format[1] === 'ulaw' ? 'mulaw' : 'linear16', sampleRateHz: Number(format[2]) },
    autoMode: searchParams.get('auto_mode') === 'true',
  };
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
