/**
 * A simulated Cartesia with the WebSocket of its recognition with manual finalisation: a server on a loopback port that the
 * vendor's SDK can talk to. The test chooses what it hears, its latencies, manners and faults; it records the client's mistakes.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { systemClock, type Clock, type Timer } from '../../core/clock.js';
import type { SttUsage } from '../../metrics/provider-usage.js';
import { PaceCheck } from '../deepgram/pace-check.js';
import { SimulatedWire } from '../deepgram/simulated-wire.js';
import { seededRandom } from '../seeded-random.js';
import { hearingInTurn, type SimulatedHearing } from '../simulated-hearing.js';
import type { RecogniserFault, VendorSimulator } from '../vendor-simulator.js';
import { documentedInkManners, drawInkManners, type InkManners } from './cartesia-manners.js';
import {
  badRequest,
  errorMessage,
  refusalOf,
  refusalOfHeaders,
  refuseUpgrade,
  serveVoices,
  simulatedRequestId,
  unknownModel,
} from './cartesia-rest.js';
import { parseInkQuery, type InkQuery } from './ink-query.js';
import { SimulatedInk, type InkLatencies } from './simulated-ink.js';

export interface CartesiaRecogniserSimulatorOptions {
  /** The words it recognises. @default none */
  readonly hearing?: SimulatedHearing;
  /** @default `finalize` and interim parts after 100 ms, a final part of Whisper after 298 ms of silence */
  readonly latencies?: Partial<InkLatencies>;
  /** The only key that it accepts. @default any */
  readonly apiKey?: string;
  /** @default all whose names begin with `ink` */
  readonly models?: readonly string[];
  /** Its behaviour; `random` draws new manners for each connection. @default as documented */
  readonly manners?: InkManners | 'random';
  /** Seed of the random manners. @default 1 */
  readonly seed?: number;
  /** Faults by connection; connections beyond the end are healthy. */
  readonly faults?: readonly RecogniserFault[];
  /** Called when a fault happens. */
  readonly onFault?: () => void;
  /** @default the machine's clock */
  readonly clock?: Clock;
}

const defaultLatencies: InkLatencies = { finalMs: 298, finalizeMs: 100, partialMs: 100 };
/** https://docs.cartesia.ai/2025-04-16/api-reference/stt/stt */
const idleMs = 20_000;

/** Started by {@link startCartesiaRecogniserSimulator}; the caller closes it. */
export class CartesiaRecogniserSimulator implements VendorSimulator<'stt'> {
  readonly baseUrl: string;
  readonly openAnswers = null;
  readonly problems: string[] = [];
  readonly billed: Pick<SttUsage, 'seconds'>[] = [];
  /** The parameters of every accepted connection. */
  readonly queries: InkQuery[] = [];
  /** The text messages of all connections, in order. */
  readonly commands: string[] = [];
  /** Messages received. */
  received = 0;
  attempts = 0;
  /** Requests that checked a key. */
  probes = 0;
  readonly #server: Server;
  readonly #options: CartesiaRecogniserSimulatorOptions;
  readonly #clock: Clock;
  readonly #hearing: SimulatedHearing;
  readonly #random: () => number;
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #streams = new Set<Duplex>();
  /** Stops the timers of each open connection. */
  readonly #ends = new Set<() => void>();
  readonly #queued: RecogniserFault[];

  /** `server` is already listening. */
  constructor(server: Server, options: CartesiaRecogniserSimulatorOptions) {
    this.#server = server;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#hearing = options.hearing ?? hearingInTurn([]);
    this.#random = seededRandom(options.seed ?? 1);
    this.#queued = [...(options.faults ?? [])];
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

  failNext(...faults: readonly RecogniserFault[]): void {
    this.#queued.push(...faults);
  }

  async close(): Promise<void> {
    for (const end of this.#ends) end();
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
    const fault = this.#queued.shift() ?? null;
    if (fault?.type === 'refuse' || fault?.type === 'status') {
      this.#options.onFault?.();
      if (fault.type === 'refuse') stream.destroy();
      else refuseUpgrade(stream, refusalOf(fault.status, fault.retryAfterSec?.toString()));
      return;
    }
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://simulator');
    if (pathname !== '/stt/websocket') return refuseUpgrade(stream, refusalOf(404));
    const refusal = refusalOfHeaders(request.headers, this.#options.apiKey);
    if (refusal) {
      if (refusal.status !== 401) this.problems.push(refusal.message);
      return refuseUpgrade(stream, refusal);
    }
    const query = parseInkQuery(searchParams);
    if ('problem' in query) {
      this.problems.push(query.problem);
      return refuseUpgrade(stream, badRequest(query.problem));
    }
    this.#sockets.handleUpgrade(request, stream, head, (socket) => {
      const { models } = this.#options;
      if (models ? models.includes(query.model) : query.model.startsWith('ink'))
        this.#serve(socket, stream, query, fault);
      else {
        socket.on('error', () => undefined);
        socket.send(errorMessage(unknownModel));
        socket.close(1008);
      }
    });
  }

  #serve(socket: WebSocket, stream: Duplex, query: InkQuery, fault: RecogniserFault | null): void {
    this.queries.push(query);
    const bill = { seconds: 0 };
    this.billed.push(bill);
    const onFault = (): void => this.#options.onFault?.();
    const count = { sent: 0, received: 0 };
    const wire = new SimulatedWire({ socket, stream, clock: this.#clock, fault, count, onFault });
    const ink = new SimulatedInk({
      ...{ query, wire, clock: this.#clock, ear: this.#hearing(query.sampleRateHz) },
      latencies: { ...defaultLatencies, ...this.#options.latencies },
      manners: this.#nextManners(),
      isDeaf: fault?.type === 'wrong_encoding',
      onProblem: (problem) => this.#note(problem),
    });
    if (fault && !('afterAudioMs' in fault) && fault.type !== 'cut_final') onFault();
    const pace = new PaceCheck(this.#clock);
    let due = fault && 'afterAudioMs' in fault ? fault : null;
    let isClosing = false;
    let idle: Timer | null = null;
    const heard = (): void => {
      idle?.cancel();
      idle = this.#clock.setTimer(idleMs, () => {
        this.#note('No message arrived for 20 s.');
        wire.close(1000, 'idle');
      });
    };
    heard();
    const end = (): void => {
      idle?.cancel();
      wire.dispose();
      ink.dispose();
      this.#ends.delete(end);
    };
    this.#ends.add(end);
    socket.on('error', () => undefined);
    socket.on('message', (data: Buffer, isBinary) => {
      this.received++;
      heard();
      if (isClosing) this.#note('A message came after close.');
      if (!isBinary) {
        const command = data.toString();
        this.commands.push(command);
        if (command === 'finalize') ink.finalize();
        else if (command === 'close') {
          isClosing = true;
          ink.close();
        } else this.#note(`There is no command ${command}.`);
        return;
      }
      const before = ink.seconds;
      ink.hear(data);
      bill.seconds = ink.seconds;
      if (!pace.push((ink.seconds - before) * 1000))
        this.#note(`The audio does not arrive at ${query.sampleRateHz} Hz.`);
      if (!due || ink.seconds * 1000 < due.afterAudioMs) return;
      onFault();
      wire.failAs(due.type === 'close' ? { ...due, code: 1011, reason: 'Simulated failure.' } : due);
      if (due.type !== 'garbage') ink.dispose();
      due = null;
    });
    socket.on('close', end);
  }

  #nextManners(): Required<InkManners> {
    const { manners } = this.#options;
    return manners === 'random' ? drawInkManners(this.#random) : { ...documentedInkManners, ...manners };
  }

  /** Records each problem once: every message of a faulty stream has it. */
  #note(problem: string): void {
    if (!this.problems.includes(problem)) this.problems.push(problem);
  }
}

/**
 * Starts a simulated Cartesia on a free loopback port; it listens when the promise resolves. The caller closes it.
 *
 * @example
 * const cartesia = await startCartesiaRecogniserSimulator({ hearing: hearingInTurn(['book an appointment']) });
 * const stt = { provider: 'cartesia', apiKey: 'any', baseUrl: cartesia.baseUrl };
 */
export async function startCartesiaRecogniserSimulator(
  options: CartesiaRecogniserSimulatorOptions = {},
): Promise<CartesiaRecogniserSimulator> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  return new CartesiaRecogniserSimulator(server, options);
}
