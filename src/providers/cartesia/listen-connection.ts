import type { IncomingMessage } from 'node:http';
import { WebSocket, type RawData } from 'ws';
import { within, type Clock, type Timer } from '../../core/clock.js';
import { webSocketAgent } from '../../network/web-socket-agent.js';
import { Heartbeat } from '../heartbeat.js';
import { requestIdOf } from '../request-id.js';
import { headersOf } from './cartesia-endpoint.js';
import {
  failureOfClose,
  failureOfConnection,
  failureOfHandshake,
  requestIdIn,
  type CartesiaFailure,
} from './cartesia-errors.js';
import {
  closeStream,
  finalize,
  readSttMessage,
  requestIdOfMessage,
  type CartesiaSttMessage,
} from './cartesia-stt-messages.js';

export interface ListenConnectionOptions {
  readonly url: string;
  readonly apiKey: string;
  readonly clock: Clock;
  readonly connectTimeoutMs: number;
  /** How much audio may be buffered in this process; beyond that the connection counts as stuck. */
  readonly maxBufferedBytes: number;
  readonly onOpen: () => void;
  /** What Cartesia calls the connection; called once. */
  readonly onRequestId: (requestId: string) => void;
  readonly onMessage: (message: CartesiaSttMessage) => void;
  /** A message could not be understood. */
  readonly onOddMessage: () => void;
  /** Called at most once, and never after `close()`. */
  readonly onFailure: (failure: CartesiaFailure) => void;
}

/** How long to wait for Cartesia's close before the connection is cut. */
const closeTimeoutMs = 500;

/** One connection to Cartesia's recognition. It opens once, with {@link open}, and never reconnects. */
export class ListenConnection {
  readonly #options: ListenConnectionOptions;
  readonly #heartbeat: Heartbeat;
  #socket: WebSocket | null = null;
  #closed: Promise<void> = Promise.resolve();
  #connectTimer: Timer | null = null;
  #requestId: string | undefined;
  #state: 'new' | 'connecting' | 'open' | 'down' = 'new';

  constructor(options: ListenConnectionOptions) {
    this.#options = options;
    this.#heartbeat = new Heartbeat({
      clock: options.clock,
      ping: () => this.#socket?.ping(),
      isSending: () => (this.#socket?.bufferedAmount ?? 0) > 0,
      onDead: () =>
        this.#fail({ message: 'It answers no pings: the connection is dead.', category: 'timeout' }),
    });
  }

  /** Whether a check of the connection is pending; its result is known within a second. */
  get isInDoubt(): boolean {
    return this.#heartbeat.isInDoubt;
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  open(): void {
    const { url, apiKey, clock, connectTimeoutMs } = this.#options;
    this.#state = 'connecting';
    let socket: WebSocket;
    try {
      socket = new WebSocket(url, {
        headers: headersOf(apiKey),
        perMessageDeflate: false,
        agent: webSocketAgent(url),
      });
    } catch (thrown) {
      // The proxy's address or the URL is invalid. Report it after this call has returned.
      queueMicrotask(() => this.#fail({ ...failureOfConnection(thrown), category: 'bad_request' }));
      return;
    }
    this.#socket = socket;
    this.#connectTimer = clock.setTimer(connectTimeoutMs, () =>
      this.#fail({ message: `It did not answer within ${connectTimeoutMs} ms`, category: 'timeout' }),
    );
    this.#closed = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('upgrade', ({ headers }: IncomingMessage) =>
      this.#identify(requestIdIn((name) => headers[name]?.toString())),
    );
    socket.on('open', () => this.#opened());
    socket.on('pong', () => this.#heartbeat.answered());
    socket.on('message', (data: RawData) => this.#take(textOf(data)));
    socket.on('unexpected-response', (request, response: IncomingMessage) => {
      void failureOfHandshake(response).then((failure) => {
        this.#fail(failure);
        request.destroy();
      });
    });
    socket.on('error', (cause) => this.#fail(failureOfConnection(cause)));
    socket.on('close', (code: number, reason: Buffer) => this.#fail(failureOfClose(code, reason.toString())));
  }

  /** Sends audio if {@link isOpen}. Returns whether the connection took it. */
  sendAudio(bytes: Uint8Array): boolean {
    const socket = this.#socket;
    if (!this.isOpen || socket?.readyState !== WebSocket.OPEN) return false;
    socket.send(bytes);
    if (socket.bufferedAmount > this.#options.maxBufferedBytes)
      this.#fail({ message: 'It takes no more audio: the connection is stuck.', category: 'connection' });
    return true;
  }

  /** Requests a final for all audio so far. Call it only while {@link isOpen}. */
  sendFinalRequest(): void {
    this.#socket?.send(finalize);
  }

  /** Checks the connection with a ping; without an answer it fails within a second. */
  check(): void {
    if (this.#state === 'open') this.#heartbeat.check();
  }

  /** Ends the stream; cuts it if Cartesia does not close it in time. Idempotent. */
  async close(): Promise<void> {
    const wasOpen = this.#state === 'open';
    if (wasOpen) {
      // Nobody waits for the words of the rest.
      this.#socket?.send(closeStream);
      this.#socket?.close(1000);
    }
    this.#goDown();
    if (wasOpen) await within(this.#options.clock, closeTimeoutMs, this.#closed);
    this.#socket?.terminate();
    await this.#closed;
  }

  #opened(): void {
    if (this.#state !== 'connecting') return;
    this.#state = 'open';
    this.#connectTimer?.cancel();
    this.#heartbeat.start();
    this.#options.onOpen();
  }

  #take(json: string): void {
    this.#heartbeat.heard();
    if (this.#state !== 'open') return;
    if (this.#requestId === undefined) this.#identify(requestIdOfMessage(json));
    const message = readSttMessage(json);
    if (!message) this.#options.onOddMessage();
    else if (message.type === 'error') this.#fail(message.failure);
    else this.#options.onMessage(message);
  }

  #identify(told: string | undefined): void {
    const requestId = requestIdOf(told, this.#options.apiKey);
    if (requestId === undefined || this.#requestId !== undefined || this.#state === 'down') return;
    this.#requestId = requestId;
    this.#options.onRequestId(requestId);
  }

  #fail(failure: CartesiaFailure): void {
    if (this.#state === 'down') return;
    this.#goDown();
    this.#socket?.terminate();
    this.#options.onFailure({ ...failure, requestId: failure.requestId ?? this.#requestId });
  }

  #goDown(): void {
    this.#state = 'down';
    this.#connectTimer?.cancel();
    this.#heartbeat.stop();
  }
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString();
  return Buffer.from(data as Buffer).toString();
}
