/**
 * Deepgram's live speech to text, without Deepgram: a server on a loopback port that speaks both wires, `/v1/listen` and
 * `/v2/listen`, to whoever speaks them, the vendor's SDK included, and answers `GET /v1/auth/token`, a question about a
 * key. What it hears, how long it takes and how it fails is up to the test; what the client does wrong it writes down.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { systemClock, type Clock } from '../clock.js';
import {
  isHandshakeFault,
  isMidStreamFault,
  type DeepgramFault,
  type HandshakeFault,
} from './deepgram/deepgram-fault.js';
import type { DeepgramLatencies } from './deepgram/deepgram-latencies.js';
import { parseListenQuery, type ListenQuery } from './deepgram/listen-query.js';
import type { ReceivedConnection } from './deepgram/received-connection.js';
import { SimulatedConnection } from './deepgram/simulated-connection.js';
import { hearingInTurn, type SimulatedHearing } from './deepgram/simulated-hearing.js';
import type { SimulatedWireCount } from './deepgram/simulated-wire.js';

export interface DeepgramSimulatorOptions {
  /** What it hears. @default nothing */
  readonly hearing?: SimulatedHearing;
  /** How long it takes. @default a final 298 ms after the last speech, `Finalize` and partials after 100 ms */
  readonly latencies?: Partial<DeepgramLatencies>;
  /** The only key that it lets in. @default any */
  readonly apiKey?: string;
  /** What goes wrong, connection by connection; null and those beyond the end are healthy. */
  readonly faults?: readonly (DeepgramFault | null)[];
  /** Called at the moment when one of them happens. */
  readonly onFault?: () => void;
  /** @default the machine's clock */
  readonly clock?: Clock;
}

const defaultLatencies: DeepgramLatencies = { finalMs: 298, finalizeMs: 100, partialMs: 100 };

export class DeepgramSimulator {
  /** Every connection that got as far as a WebSocket, in order. */
  readonly connections: ReceivedConnection[] = [];
  /** Attempts to connect, refused ones included. */
  attempts = 0;
  /** Questions about a key. */
  probes = 0;
  readonly #options: DeepgramSimulatorOptions;
  readonly #clock: Clock;
  readonly #hearing: SimulatedHearing;
  readonly #server: Server;
  readonly #webSockets = new WebSocketServer({ noServer: true });
  readonly #recognisers: SimulatedConnection[] = [];
  readonly #streams = new Set<Duplex>();
  readonly #violations: string[] = [];
  readonly #count: SimulatedWireCount = { sent: 0, received: 0 };

  private constructor(options: DeepgramSimulatorOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#hearing = options.hearing ?? hearingInTurn([]);
    this.#server = createServer((request, response) => this.#serve(request, response));
    this.#server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) =>
      this.#upgrade(request, stream, head),
    );
  }

  /** A listening simulator on a free loopback port. Whoever started it closes it. */
  static async start(options: DeepgramSimulatorOptions = {}): Promise<DeepgramSimulator> {
    const simulator = new DeepgramSimulator(options);
    const server = simulator.#server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return simulator;
  }

  /** What to use as the provider's `baseUrl`. */
  get baseUrl(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** What clients did that Deepgram would not have taken or not have understood; empty for a good client. */
  get violations(): readonly string[] {
    return this.#violations;
  }

  /** Messages sent and received so far, over all connections. */
  get wire(): { readonly sent: number; readonly received: number } {
    return this.#count;
  }

  /** Cuts all connections and frees the port. Idempotent. */
  async close(): Promise<void> {
    for (const connection of this.#recognisers) connection.dispose();
    for (const stream of this.#streams) stream.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const isProbe = request.url === '/v1/auth/token';
    if (isProbe) this.probes++;
    const status = !isProbe ? 404 : this.#knowsKey(request) ? 200 : 401;
    const body =
      status === 200
        ? { api_key_id: 'simulated', scopes: ['usage:write'] }
        : { err_code: status === 401 ? 'INVALID_AUTH' : 'NOT_FOUND', err_msg: 'Simulated.' };
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }

  #upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    const fault = this.#options.faults?.[this.attempts] ?? null;
    this.attempts++;
    this.#streams.add(stream);
    stream.on('error', () => undefined);
    stream.on('close', () => this.#streams.delete(stream));
    if (fault && !waitsForItsMoment(fault)) this.#options.onFault?.();
    if (fault && isHandshakeFault(fault)) return refuseAs(fault, stream);
    if (!this.#knowsKey(request)) return answer(stream, 401, 'Invalid credentials.');
    const query = parseListenQuery(request.url ?? '');
    if ('problem' in query) {
      this.#violations.push(query.problem);
      return answer(stream, 400, query.problem);
    }
    this.#connect(request, stream, head, query, fault);
  }

  #connect(
    request: IncomingMessage,
    stream: Duplex,
    head: Buffer,
    query: ListenQuery,
    fault: DeepgramFault | null,
  ): void {
    this.#webSockets.handleUpgrade(request, stream, head, (socket) => {
      const connection = new SimulatedConnection({
        socket,
        stream,
        query,
        fault,
        clock: this.#clock,
        count: this.#count,
        latencies: { ...defaultLatencies, ...this.#options.latencies },
        ear: this.#hearing(query.format.sampleRateHz),
        onViolation: (problem) => this.#violations.push(problem),
        onFault: () => this.#options.onFault?.(),
      });
      this.#recognisers.push(connection);
      this.connections.push(connection);
    });
  }

  #knowsKey({ headers }: IncomingMessage): boolean {
    const [scheme, key = ''] = headers.authorization?.split(' ') ?? [];
    const { apiKey } = this.#options;
    return (
      (scheme === 'Token' || scheme === 'Bearer') && key !== '' && (apiKey === undefined || key === apiKey)
    );
  }
}

function waitsForItsMoment(fault: DeepgramFault): boolean {
  return isMidStreamFault(fault) || fault.type === 'cut_final';
}

function refuseAs(fault: HandshakeFault, stream: Duplex): void {
  if (fault.type === 'refuse') stream.destroy();
  if (fault.type === 'status') answer(stream, fault.status, fault.body ?? 'Simulated.', fault.retryAfterSec);
}

/**
 * Starts a simulated Deepgram on a free port of the loopback interface; it listens when the promise resolves. Whoever
 * started it closes it.
 *
 * @example
 * const deepgram = await startDeepgramSimulator({ hearing: hearingInTurn(['book an appointment', 'friday']) });
 * const stt = { provider: 'deepgram', apiKey: 'any', baseUrl: deepgram.baseUrl };
 */
export function startDeepgramSimulator(options: DeepgramSimulatorOptions = {}): Promise<DeepgramSimulator> {
  return DeepgramSimulator.start(options);
}

/** Answers a request to upgrade with a status and Deepgram's kind of body. */
function answer(stream: Duplex, status: number, message: string, retryAfterSec?: number): void {
  const body = JSON.stringify({ err_msg: message, request_id: 'simulated' });
  const headers = [
    `HTTP/1.1 ${status} Simulated`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    ...(retryAfterSec === undefined ? [] : [`Retry-After: ${retryAfterSec}`]),
  ];
  stream.end(`${headers.join('\r\n')}\r\n\r\n${body}`);
}
