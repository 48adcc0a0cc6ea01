import type { IncomingMessage } from 'node:http';
import { WebSocket, type RawData } from 'ws';
import type { Clock, Timer } from '../../core/clock.js';
import { webSocketAgent } from '../../network/web-socket-agent.js';
import { requestIdOf } from '../request-id.js';
import { headersOf } from './cartesia-endpoint.js';
import {
  failureOfClose,
  failureOfConnection,
  failureOfHandshake,
  requestIdIn,
  type CartesiaFailure,
} from './cartesia-errors.js';
import { cancelContext, readTtsMessage, type CartesiaTtsMessage } from './cartesia-tts-messages.js';

/** Receives the messages of one context. */
export interface ContextListener {
  onMessage(message: CartesiaTtsMessage): void;
  /** Text with this many characters was handed to the open connection. */
  onSent(characters: number): void;
  /** The context or its socket has failed; nothing follows. */
  onFailure(failure: CartesiaFailure): void;
}

export interface CartesiaSocketOptions {
  readonly url: string;
  readonly apiKey: string;
  readonly clock: Clock;
  /** Timeout until it is connected. @default 5000 */
  readonly connectTimeoutMs?: number;
  /** Called when the connection is closed, for any reason. */
  readonly onGone: () => void;
}

/** A message, and the characters of text in it. */
export interface Outgoing {
  readonly json: string;
  readonly characters?: number;
}

/**
 * A socket unused for this long is closed. Cartesia closes it after five minutes, and offers no keep-alive:
 * https://docs.cartesia.ai/use-the-api/concurrency-limits-and-timeouts
 */
const maxIdleMs = 270_000;
/** A connection that was used within this time needs no check. */
const freshMs = 10_000;
/** Timeout of a check. */
const pongMs = 1000;
/** How long to wait for Cartesia's close before the connection is cut. */
const closeTimeoutMs = 500;

/** One connection to Cartesia's voices, used for many answers. It connects at construction. */
export class CartesiaSocket {
  /** Resolves with null once it is connected, or with the failure. */
  readonly opened: Promise<CartesiaFailure | null>;
  readonly #clock: Clock;
  readonly #onGone: () => void;
  readonly #apiKey: string;
  #socket: WebSocket | null = null;
  readonly #contexts = new Map<string, ContextListener>();
  #unsent: (Outgoing & { readonly contextId: string })[] = [];
  readonly #connectTimer: Timer;
  #idleTimer: Timer | null = null;
  #pongTimer: Timer | null = null;
  #usedMs: number;
  #onOpened: (failure: CartesiaFailure | null) => void = () => undefined;
  #failure: CartesiaFailure | null = null;
  #ignored = 0;
  #requestId: string | undefined;

  constructor({ url, apiKey, clock, connectTimeoutMs = 5000, onGone }: CartesiaSocketOptions) {
    this.#clock = clock;
    this.#onGone = onGone;
    this.#apiKey = apiKey;
    this.#usedMs = clock.nowMs();
    this.opened = new Promise((resolve) => {
      this.#onOpened = resolve;
    });
    this.#connectTimer = clock.setTimer(connectTimeoutMs, () =>
      this.#fail({ message: `It did not answer within ${connectTimeoutMs} ms`, category: 'timeout' }),
    );
    this.#connect(url);
  }

  /** What Cartesia calls the connection, as the answer to the handshake says. */
  get requestId(): string | undefined {
    return this.#requestId;
  }

  /** Number of ignored messages. */
  get ignoredMessages(): number {
    return this.#ignored;
  }

  /** Whether a new answer can use it. */
  get isFree(): boolean {
    return !this.#failure && !this.isBusy;
  }

  /** Whether an answer is being spoken. */
  get isBusy(): boolean {
    return this.#contexts.size > 0;
  }

  /** Sends messages of a context, new or open; queues them until the socket is connected. */
  send(contextId: string, listener: ContextListener, ...messages: readonly Outgoing[]): void {
    this.#contexts.set(contextId, listener);
    this.#usedMs = this.#clock.nowMs();
    for (const message of messages) {
      if (this.#openSocket) this.#give({ contextId, ...message });
      else this.#unsent.push({ contextId, ...message });
    }
  }

  /** Has a context stopped before its end. Audio that still arrives is dropped: the server finishes what it has begun. */
  cancel(contextId: string): void {
    if (!this.#contexts.delete(contextId)) return;
    this.#unsent = this.#unsent.filter((message) => message.contextId !== contextId);
    this.#openSocket?.send(cancelContext(contextId));
  }

  /** Stops listening to a context that the server has ended or is about to end. */
  forget(contextId: string): void {
    this.#contexts.delete(contextId);
  }

  /** Keeps delivering late messages of a context that the server has ended, until {@link forget}. */
  listenOn(contextId: string, listener: ContextListener): void {
    if (!this.#failure) this.#contexts.set(contextId, listener);
  }

  /** Checks a connection that was not used for a while; without an answer it is closed within a second. */
  check(): void {
    const socket = this.#openSocket;
    if (!socket || this.#pongTimer || this.#clock.nowMs() - this.#usedMs < freshMs) return;
    this.#pongTimer = this.#clock.setTimer(pongMs, () =>
      this.#fail({ message: 'It answers no pings: the connection is dead.', category: 'timeout' }),
    );
    socket.once('pong', () => {
      this.#pongTimer?.cancel();
      this.#pongTimer = null;
    });
    socket.ping();
  }

  /** Closes the connection; answers that are being spoken fail. Idempotent. */
  close(): void {
    this.#fail({ message: 'The provider was closed.', category: 'aborted' });
  }

  get #openSocket(): WebSocket | null {
    return this.#socket?.readyState === WebSocket.OPEN ? this.#socket : null;
  }

  #give({ contextId, json, characters = 0 }: Outgoing & { readonly contextId: string }): void {
    this.#socket?.send(json);
    if (characters > 0) this.#contexts.get(contextId)?.onSent(characters);
  }

  #connect(url: string): void {
    let socket: WebSocket;
    try {
      socket = new WebSocket(url, {
        headers: headersOf(this.#apiKey),
        perMessageDeflate: false,
        agent: webSocketAgent(url),
      });
    } catch (thrown) {
      // The proxy's address or the URL is invalid. Report it after the constructor has returned.
      queueMicrotask(() => this.#fail({ ...failureOfConnection(thrown), category: 'bad_request' }));
      return;
    }
    this.#socket = socket;
    socket.on('upgrade', ({ headers }: IncomingMessage) => {
      this.#requestId = requestIdOf(
        requestIdIn((name) => headers[name]?.toString()),
        this.#apiKey,
      );
    });
    socket.on('open', () => this.#onOpen());
    socket.on('message', (data: RawData) => this.#onMessage(textOf(data)));
    socket.on('unexpected-response', (request, response: IncomingMessage) => {
      void failureOfHandshake(response).then((failure) => {
        this.#fail(failure);
        request.destroy();
      });
    });
    socket.on('error', (cause) => this.#fail(failureOfConnection(cause)));
    socket.on('close', (code: number, reason: Buffer) => this.#fail(failureOfClose(code, reason.toString())));
  }

  #onOpen(): void {
    if (this.#failure) return;
    this.#connectTimer.cancel();
    const unsent = this.#unsent;
    this.#unsent = [];
    for (const message of unsent) this.#give(message);
    this.#onOpened(null);
    this.#waitForUse(maxIdleMs);
  }

  #waitForUse(delayMs: number): void {
    this.#idleTimer = this.#clock.setTimer(delayMs, () => {
      const leftMs = this.isBusy ? maxIdleMs : maxIdleMs - (this.#clock.nowMs() - this.#usedMs);
      if (leftMs > 0) this.#waitForUse(leftMs);
      else this.close();
    });
  }

  #onMessage(json: string): void {
    const message = readTtsMessage(json);
    if (message === 'lost_audio' && this.isBusy) {
      this.#fail({ message: 'It sent audio that cannot be read.', category: 'server' });
      return;
    }
    if (message === 'unknown' || message === 'lost_audio') {
      this.#ignored++;
      return;
    }
    const { error, isDone, contextId } = message;
    if (error && contextId === null) {
      this.#fail(error);
      return;
    }
    const listener = contextId === null ? undefined : this.#contexts.get(contextId);
    if (contextId === null || !listener) {
      this.#ignored++;
      return;
    }
    this.#usedMs = this.#clock.nowMs();
    if (isDone || error) this.#contexts.delete(contextId);
    if (error) listener.onFailure({ ...error, requestId: error.requestId ?? this.#requestId });
    else listener.onMessage(message);
  }

  /** The first failure is what happened; those that follow are its consequences. */
  #fail(what: CartesiaFailure): void {
    if (this.#failure) return;
    const failure = { ...what, requestId: what.requestId ?? this.#requestId };
    this.#failure = failure;
    this.#onOpened(failure);
    this.#connectTimer.cancel();
    this.#idleTimer?.cancel();
    this.#pongTimer?.cancel();
    const listeners = [...this.#contexts.values()];
    this.#contexts.clear();
    this.#unsent = [];
    this.#onGone();
    this.#endConnection(failure.category === 'timeout');
    for (const listener of listeners) listener.onFailure(failure);
  }

  #endConnection(isDead: boolean): void {
    const socket = this.#openSocket;
    if (!socket || isDead) return this.#socket?.terminate();
    const timer = this.#clock.setTimer(closeTimeoutMs, () => socket.terminate());
    socket.once('close', () => timer.cancel());
    socket.close();
  }
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString();
  return Buffer.from(data as Buffer).toString();
}
