import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { AudioFormat } from '../audio/audio-frame.js';
import { systemClock, type Clock } from '../core/clock.js';
import { hearingInTurn, type SimulatedHearing } from './simulated-hearing.js';
import type {
  ExchangedMessages,
  RecogniserLatencies,
  RecogniserSession,
  RecogniserSessionOptions,
} from './simulated-recogniser-session.js';
import type { BilledOf, RecogniserFault, VendorSimulator } from './vendor-simulator.js';

/** The options of simulated recognisers over WebSockets. */
export interface SimulatedRecogniserOptions {
  /** The words it recognises. @default none */
  readonly hearing?: SimulatedHearing;
  /** @default a final 298 ms after the last speech, a requested one and partials after 100 ms */
  readonly latencies?: Partial<RecogniserLatencies>;
  /** The only key that it accepts. @default any */
  readonly apiKey?: string;
  /** Faults, one for each connection in turn; connections beyond the end are healthy. */
  readonly faults?: readonly RecogniserFault[];
  /** Called when a fault happens. */
  readonly onFault?: () => void;
  /** @default the machine's clock */
  readonly clock?: Clock;
}

/** What a client asked for. */
export interface SimulatedRequest {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
}

const defaultLatencies: RecogniserLatencies = { finalMs: 298, flushMs: 100, partialMs: 100 };

/** A simulated recogniser over WebSockets on a loopback port. Each vendor adds its requests and its messages. */
export abstract class SimulatedRecogniser<
  Session extends RecogniserSession,
> implements VendorSimulator<'stt'> {
  /** Accepted connections, in order. */
  readonly sessions: Session[] = [];
  readonly problems: string[] = [];
  readonly openAnswers = null;
  attempts = 0;
  /** Requests that checked a key. */
  probes = 0;
  readonly #options: SimulatedRecogniserOptions;
  readonly #server: Server;
  readonly #webSockets = new WebSocketServer({ noServer: true, autoPong: false });
  readonly #streams = new Set<Duplex>();
  readonly #faults: RecogniserFault[];
  readonly #count: ExchangedMessages = { sent: 0, received: 0 };

  constructor(options: SimulatedRecogniserOptions) {
    this.#options = options;
    this.#faults = [...(options.faults ?? [])];
    this.#server = createServer((request, response) => {
      const { status, body } = this.answer(requestOf(request));
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
    this.#server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) =>
      this.#upgrade(request, stream, head),
    );
  }

  /** Starts to listen. */
  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get billed(): readonly BilledOf['stt'][] {
    return this.sessions.map(({ seconds }) => ({ seconds }));
  }

  /** Messages sent and received so far, over all connections. */
  get wire(): Readonly<ExchangedMessages> {
    return this.#count;
  }

  failNext(...faults: readonly RecogniserFault[]): void {
    this.#faults.push(...faults);
  }

  async close(): Promise<void> {
    for (const session of this.sessions) session.dispose();
    for (const stream of this.#streams) stream.destroy();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  /** Answers a request over HTTP. */
  protected abstract answer(request: SimulatedRequest): { readonly status: number; readonly body: object };
  /** Reads a request for a stream: what it sends, or why the vendor refuses it. */
  protected abstract read(
    request: SimulatedRequest,
  ): { readonly format: AudioFormat } | { readonly problem: string };
  /** The body of an HTTP error. */
  protected abstract refusal(status: number): object;
  /** Refuses a client after the handshake. `isKey`: its key is wrong. */
  protected abstract turnAway(
    send: (message: object) => void,
    socket: WebSocket,
    why: string,
    isKey: boolean,
  ): void;
  protected abstract session(request: SimulatedRequest, options: RecogniserSessionOptions): Session;
  /** The key in the headers; null if there is none. */
  protected abstract keyIn(headers: IncomingHttpHeaders): string | null;

  protected knowsKey({ headers }: SimulatedRequest): boolean {
    const key = this.keyIn(headers);
    return key !== null && key !== '' && (this.#options.apiKey ?? key) === key;
  }

  #upgrade(incoming: IncomingMessage, stream: Duplex, head: Buffer): void {
    const fault = this.#faults.shift() ?? null;
    this.attempts++;
    this.#streams.add(stream);
    stream.on('error', () => undefined);
    stream.on('close', () => this.#streams.delete(stream));
    if (fault && !('afterAudioMs' in fault) && fault.type !== 'cut_final') this.#options.onFault?.();
    if (fault?.type === 'refuse') {
      stream.destroy();
      return;
    }
    if (fault?.type === 'status') return this.#refuse(stream, fault.status, fault.retryAfterSec);
    const request = requestOf(incoming);
    const read = this.read(request);
    if ('problem' in read) this.problems.push(read.problem);
    this.#webSockets.handleUpgrade(incoming, stream, head, (socket) => {
      const send = (message: object): void => {
        this.#count.sent++;
        socket.send(JSON.stringify(message));
      };
      // These vendors accept every handshake, and check key and request after it.
      const isKnown = this.knowsKey(request);
      if (!isKnown || 'problem' in read) {
        socket.on('error', () => undefined);
        socket.on('message', () => this.#count.received++);
        return this.turnAway(send, socket, 'problem' in read ? read.problem : '', !isKnown);
      }
      this.#begin(request, { socket, stream, fault, format: read.format });
    });
  }

  #begin(
    request: SimulatedRequest,
    parts: Pick<RecogniserSessionOptions, 'socket' | 'stream' | 'fault' | 'format'>,
  ): void {
    const { hearing = hearingInTurn([]), latencies, clock = systemClock, onFault } = this.#options;
    this.sessions.push(
      this.session(request, {
        ...parts,
        clock,
        ear: hearing(parts.format.sampleRateHz),
        latencies: { ...defaultLatencies, ...latencies },
        count: this.#count,
        onProblem: (problem) => {
          if (!this.problems.includes(problem)) this.problems.push(problem);
        },
        onFault: () => onFault?.(),
      }),
    );
  }

  #refuse(stream: Duplex, status: number, retryAfterSec: number | undefined): void {
    const body = JSON.stringify(this.refusal(status));
    const lines = [
      `HTTP/1.1 ${status} Simulated`,
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
      ...(retryAfterSec === undefined ? [] : [`Retry-After: ${retryAfterSec}`]),
    ];
    stream.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
  }
}

function requestOf({ url = '', headers }: IncomingMessage): SimulatedRequest {
  const { pathname, searchParams } = new URL(url, 'http://simulator');
  return { path: pathname, query: searchParams, headers };
}
