/**
 * A simulated Deepgram: a server on a loopback port that speaks both live wires, `/v1/listen` and `/v2/listen`, and answers
 * `GET /v1/auth/token` and `GET /v1/models`. The vendor's SDK can talk to it. The test chooses what it hears, its latencies
 * and its faults; it records the client's mistakes.
 */
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { systemClock, type Clock } from '../../core/clock.js';
import { answer, knowsKey, noSuchModel, simulatedRequestId, wrongKey } from './deepgram-answers.js';
import {
  isHandshakeFault,
  isMidStreamFault,
  type DeepgramFault,
  type HandshakeFault,
} from './deepgram-fault.js';
import type { DeepgramLatencies } from './deepgram-latencies.js';
import {
  chosenManners,
  randomManners,
  type ChosenManners,
  type DeepgramManners,
} from './deepgram-manners.js';
import { parseListenQuery, type ListenQuery } from './listen-query.js';
import type { ReceivedConnection } from './received-connection.js';
import { SimulatedConnection } from './simulated-connection.js';
import { modelList, servedModels } from './simulated-models.js';
import { hearingInTurn, type SimulatedHearing } from '../simulated-hearing.js';
import type { BilledOf, VendorSimulator } from '../vendor-simulator.js';
import type { SimulatedWireCount } from './simulated-wire.js';

export interface DeepgramSimulatorOptions {
  /** The words it recognises. @default none */
  readonly hearing?: SimulatedHearing;
  /** @default a final 298 ms after the last speech, `Finalize` and partials after 100 ms */
  readonly latencies?: Partial<DeepgramLatencies>;
  /** The only key that it accepts. @default any */
  readonly apiKey?: string;
  /** The models that it serves; it refuses others as Deepgram does. @default Deepgram's current ones */
  readonly models?: readonly string[];
  /** Its behaviour; `random` draws new manners for each connection. @default the usual manners */
  readonly manners?: DeepgramManners | 'random';
  /** Seed of the random manners. @default 1 */
  readonly seed?: number;
  /** Faults, one for each connection in turn; connections with null or beyond the end are healthy. */
  readonly faults?: readonly (DeepgramFault | null)[];
  /** Called when a fault happens. */
  readonly onFault?: () => void;
  /** @default the machine's clock */
  readonly clock?: Clock;
}

const defaultLatencies: DeepgramLatencies = { finalMs: 298, finalizeMs: 100, partialMs: 100, eagerMs: 150 };

export class DeepgramSimulator implements VendorSimulator<'stt'> {
  /** Connections say it all. */
  readonly openAnswers = null;
  /** Every accepted WebSocket connection, in order. */
  readonly connections: ReceivedConnection[] = [];
  /** Connection attempts, including refused ones. */
  attempts = 0;
  /** Requests that checked a key. */
  probes = 0;
  readonly #options: DeepgramSimulatorOptions;
  readonly #clock: Clock;
  readonly #hearing: SimulatedHearing;
  readonly #server: Server;
  readonly #webSockets = new WebSocketServer({ noServer: true, autoPong: false });
  readonly #nextManners: () => ChosenManners;
  readonly #recognisers: SimulatedConnection[] = [];
  readonly #streams = new Set<Duplex>();
  readonly #problems: string[] = [];
  readonly #queued: DeepgramFault[] = [];
  readonly #count: SimulatedWireCount = { sent: 0, received: 0 };

  private constructor(options: DeepgramSimulatorOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#hearing = options.hearing ?? hearingInTurn([]);
    const { manners, seed = 1 } = options;
    this.#nextManners = manners === 'random' ? randomManners(seed) : () => chosenManners(manners);
    this.#server = createServer((request, response) => this.#serve(request, response));
    this.#webSockets.on('headers', (headers) => headers.push(`dg-request-id: ${simulatedRequestId}`));
    this.#server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) =>
      this.#upgrade(request, stream, head),
    );
  }

  /** Starts a simulator on a free loopback port. The caller closes it. */
  static async start(options: DeepgramSimulatorOptions = {}): Promise<DeepgramSimulator> {
    const simulator = new DeepgramSimulator(options);
    const server = simulator.#server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return simulator;
  }

  /** The `baseUrl` for the provider's config. */
  get baseUrl(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Client mistakes that Deepgram would have refused or misunderstood; empty for a correct client. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  /** The audio that every accepted connection received. */
  get billed(): readonly BilledOf['stt'][] {
    return this.#recognisers.map(({ seconds }) => ({ seconds }));
  }

  /** Queues faults for the next connections for which `faults` has none, one each. */
  failNext(...faults: readonly DeepgramFault[]): void {
    this.#queued.push(...faults);
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

  #serve({ url, headers }: IncomingMessage, response: ServerResponse): void {
    const answer = (status: number, body: object): void =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    switch (url) {
      case '/v1/auth/token':
        this.probes++;
        if (this.#knowsKey(headers)) return answer(200, { api_key_id: 'simulated', scopes: ['usage:write'] });
        return answer(401, wrongKey);
      case '/v1/models':
        return answer(200, modelList(this.#models));
      default:
        return answer(404, { err_code: 'NOT_FOUND', err_msg: 'Simulated.' });
    }
  }

  get #models(): readonly string[] {
    return this.#options.models ?? servedModels;
  }

  #upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    const fault = this.#options.faults?.[this.attempts] ?? this.#queued.shift() ?? null;
    this.attempts++;
    this.#streams.add(stream);
    stream.on('error', () => undefined);
    stream.on('close', () => this.#streams.delete(stream));
    if (fault && !waitsForItsMoment(fault)) this.#options.onFault?.();
    if (fault && isHandshakeFault(fault)) return refuseAs(fault, stream);
    if (!this.#knowsKey(request.headers)) return answer(stream, 401, wrongKey);
    const query = parseListenQuery(request.url ?? '');
    if ('problem' in query) {
      this.#problems.push(query.problem);
      return answer(stream, 400, { err_code: 'Bad Request', err_msg: `Bad Request: ${query.problem}` });
    }
    if (!this.#models.includes(query.model)) return answer(stream, 400, noSuchModel);
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
        manners: this.#nextManners(),
        onProblem: (problem) => this.#problems.push(problem),
        onFault: () => this.#options.onFault?.(),
      });
      this.#recognisers.push(connection);
      this.connections.push(connection);
    });
  }

  #knowsKey(headers: IncomingHttpHeaders): boolean {
    return knowsKey(headers, this.#options.apiKey);
  }
}

function waitsForItsMoment(fault: DeepgramFault): boolean {
  return isMidStreamFault(fault) || fault.type === 'cut_final';
}

function refuseAs(fault: HandshakeFault, stream: Duplex): void {
  if (fault.type === 'refuse') stream.destroy();
  if (fault.type === 'status')
    answer(stream, fault.status, { err_msg: fault.body ?? 'Simulated.' }, fault.retryAfterSec);
}

/**
 * Starts a simulated Deepgram on a free loopback port; it listens when the promise resolves. The caller closes it.
 *
 * @example
 * const deepgram = await startDeepgramSimulator({ hearing: hearingInTurn(['book an appointment', 'friday']) });
 * const stt = { provider: 'deepgram', apiKey: 'any', baseUrl: deepgram.baseUrl };
 */
export function startDeepgramSimulator(options: DeepgramSimulatorOptions = {}): Promise<DeepgramSimulator> {
  return DeepgramSimulator.start(options);
}
