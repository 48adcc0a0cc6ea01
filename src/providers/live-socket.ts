import type { IncomingMessage } from 'node:http';
import { WebSocket, type RawData } from 'ws';
import { within, type Clock, type Timer } from '../core/clock.js';
import { connectFailureOf } from '../core/errors.js';
import { retryAfterMs } from '../network/retry-after.js';
import { webSocketAgent } from '../network/web-socket-agent.js';
import { Heartbeat } from './heartbeat.js';

/**
 * Counts of messages on a provider's connections, pings and pongs included, for code that waits until all messages have
 * arrived.
 */
export interface WireCount {
  sent: number;
  received: number;
}

/** Why a connection failed, in the terms of the protocol. */
export type LiveFailure =
  /** An HTTP status instead of a WebSocket. */
  | {
      readonly type: 'status';
      readonly status: number;
      readonly body: string;
      readonly retryAfterMs: number | undefined;
    }
  /** The server closed the WebSocket. */
  | { readonly type: 'close'; readonly code: number; readonly reason: string }
  /** There is no connection, or it was cut. */
  | { readonly type: 'connection'; readonly message: string; readonly cause: unknown }
  /** The server was not ready in time. */
  | { readonly type: 'timeout'; readonly afterMs: number }
  /** The server answers no pings. */
  | { readonly type: 'dead' }
  /** The server takes no more audio. */
  | { readonly type: 'stuck' };

export interface LiveSocketOptions {
  /** ws or wss. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly clock: Clock;
  /** Timeout until {@link LiveSocket.ready}. */
  readonly connectTimeoutMs: number;
  /** How much may be buffered in this process; beyond that the connection counts as stuck. */
  readonly maxBufferedBytes: number;
  readonly wire: WireCount;
  /** The message that ends a session; the server then closes. Null: it is only closed. */
  readonly goodbye: string | null;
  /** The answer to the handshake, with its headers. */
  readonly onUpgrade?: (header: (name: string) => string | undefined) => void;
  readonly onMessage: (text: string) => void;
  /** Called at most once, and never after `close()`. */
  readonly onFailure: (failure: LiveFailure) => void;
}

/** How long to wait for the server's close before the connection is cut. */
const closeTimeoutMs = 500;
/** The longest part of a refusal's body that goes into an error message. */
const maxBodyChars = 500;

/** One WebSocket of a recogniser, watched by pings. It opens once, with {@link open}, and never reconnects. */
export class LiveSocket {
  readonly #options: LiveSocketOptions;
  readonly #heartbeat: Heartbeat;
  #socket: WebSocket | null = null;
  #closed: Promise<void> = Promise.resolve();
  #connectTimer: Timer | null = null;
  #isRefused = false;
  #state: 'new' | 'connecting' | 'ready' | 'down' = 'new';

  constructor(options: LiveSocketOptions) {
    this.#options = options;
    this.#heartbeat = new Heartbeat({
      clock: options.clock,
      ping: () => {
        if (this.#socket?.readyState !== WebSocket.OPEN) return;
        this.#socket.ping();
        options.wire.sent++;
      },
      isSending: () => (this.#socket?.bufferedAmount ?? 0) > 0,
      onDead: () => this.#fail({ type: 'dead' }),
    });
  }

  /** Whether audio can be sent. */
  get isReady(): boolean {
    return this.#state === 'ready';
  }

  /** Whether a check of the connection is pending; its result is known within a second. */
  get isInDoubt(): boolean {
    return this.#heartbeat.isInDoubt;
  }

  open(): void {
    const { url, headers, clock, connectTimeoutMs } = this.#options;
    this.#state = 'connecting';
    this.#connectTimer = clock.setTimer(connectTimeoutMs, () =>
      this.#fail({ type: 'timeout', afterMs: connectTimeoutMs }),
    );
    try {
      this.#connect(new WebSocket(url, { headers, perMessageDeflate: false, agent: webSocketAgent(url) }));
    } catch (thrown) {
      // The proxy's address or the URL is invalid. Report it after this method has returned.
      queueMicrotask(() => this.#failConnection(thrown));
    }
  }

  /** The server has told that it is ready. */
  ready(): void {
    if (this.#state !== 'connecting') return;
    this.#state = 'ready';
    this.#connectTimer?.cancel();
    this.#heartbeat.start();
  }

  /** Sends a message if {@link isReady}. Returns whether the connection took it. */
  send(data: Uint8Array | string): boolean {
    const socket = this.#socket;
    if (this.#state !== 'ready' || socket?.readyState !== WebSocket.OPEN) return false;
    socket.send(data);
    this.#options.wire.sent++;
    if (socket.bufferedAmount > this.#options.maxBufferedBytes) this.#fail({ type: 'stuck' });
    return true;
  }

  /** Checks the connection with a ping; without an answer it fails within a second. */
  check(): void {
    if (this.#state === 'ready') this.#heartbeat.check();
  }

  /** Ends the session. Resolves when the connection is closed; cuts it if the server does not close it in time. */
  async close(): Promise<void> {
    const { goodbye, clock, wire } = this.#options;
    const socket = this.#socket;
    const isOpen = this.#state !== 'down' && socket?.readyState === WebSocket.OPEN;
    // Also before the server is ready: a vendor may charge for a session until its end.
    if (isOpen && goodbye !== null) {
      socket.send(goodbye);
      wire.sent++;
    }
    const isEnding = isOpen || this.#state === 'ready';
    this.#goDown();
    if (isEnding && goodbye === null) socket?.close(1000);
    if (isEnding) await within(clock, closeTimeoutMs, this.#closed);
    socket?.terminate();
    await this.#closed;
  }

  #connect(socket: WebSocket): void {
    const { wire, onMessage, onUpgrade } = this.#options;
    this.#socket = socket;
    this.#closed = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('upgrade', ({ headers }) => onUpgrade?.((name) => headers[name]?.toString()));
    socket.on('unexpected-response', (_request, response) => void this.#refused(response));
    socket.on('message', (data: RawData) => {
      wire.received++;
      this.#heartbeat.heard();
      if (this.#state === 'connecting' || this.#state === 'ready') onMessage(textOf(data));
    });
    socket.on('pong', () => {
      wire.received++;
      this.#heartbeat.answered();
    });
    socket.on('error', (error) => {
      if (!this.#isRefused) this.#failConnection(error);
    });
    socket.on('close', (code, reason) => {
      if (!this.#isRefused) this.#fail({ type: 'close', code, reason: reason.toString() });
    });
  }

  async #refused(response: IncomingMessage): Promise<void> {
    this.#isRefused = true;
    const body = await readText(response, maxBodyChars);
    const { statusCode: status = 0, headers } = response;
    const waitMs = retryAfterMs((name) => headers[name]?.toString());
    this.#fail({ type: 'status', status, body, retryAfterMs: waitMs });
  }

  #failConnection(thrown: unknown): void {
    this.#fail({ type: 'connection', message: connectFailureOf(Object(thrown) as object), cause: thrown });
  }

  #fail(failure: LiveFailure): void {
    if (this.#state === 'down') return;
    this.#goDown();
    this.#socket?.terminate();
    this.#options.onFailure(failure);
  }

  #goDown(): void {
    this.#state = 'down';
    this.#connectTimer?.cancel();
    this.#heartbeat.stop();
  }
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString();
  return (Buffer.isBuffer(data) ? data : Buffer.from(data)).toString();
}

/** The beginning of a body, or as much as arrived before the connection broke. */
async function readText(response: IncomingMessage, maxChars: number): Promise<string> {
  let text = '';
  try {
    for await (const chunk of response) {
      text += String(chunk);
      if (text.length >= maxChars) break;
    }
  } catch {
    // The status is what matters.
  }
  return text.slice(0, maxChars);
}
