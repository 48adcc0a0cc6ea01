import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { WebSocket, type RawData } from 'ws';
import type { Clock, Timer } from '../../core/clock.js';
import { messageOf, ProviderError } from '../../core/errors.js';
import { retryAfterMs } from '../../network/retry-after.js';
import { requestIdOf } from '../request-id.js';
import { webSocketAgent } from '../../network/web-socket-agent.js';
import { failureOfAnswer, failureOfClose, requestIdIn, type ElevenLabsFailure } from './elevenlabs-errors.js';
import {
  closeContext,
  closeSocket,
  keepAlive,
  readMessage,
  type ElevenLabsMessage,
} from './elevenlabs-messages.js';

/** Receives the messages of one context. */
export interface ContextListener {
  onMessage(message: ElevenLabsMessage): void;
  /** The socket has failed; nothing follows. */
  onFailure(failure: SocketFailure): void;
}

/** Why a socket failed; a ProviderError if no voice could be picked. */
export type SocketFailure = ElevenLabsFailure | ProviderError;

export interface ElevenLabsSocketOptions {
  /** The URL; a promise if a voice must be picked first, which may reject with a ProviderError. */
  readonly url: string | Promise<string>;
  readonly apiKey: string;
  readonly clock: Clock;
  /** Called when the connection is closed, for any reason. */
  readonly onGone: (failure: SocketFailure) => void;
}

/**
 * With more contexts the server closes the whole socket:
 * https://elevenlabs.io/docs/developers/guides/cookbooks/multi-context-web-socket
 */
export const maxContexts = 5;
const keepAliveMs = 15_000;
/** A socket unused for this long is closed. */
const maxIdleMs = 300_000;
/** The server ends an abandoned context within this time, or never. */
const endingMs = 10_000;

/**
 * One connection to ElevenLabs, used for many answers. It connects at construction and sends keep-alives. Late audio of
 * an abandoned context is dropped.
 */
export class ElevenLabsSocket {
  /** Resolves with null once it is connected, or with the failure. */
  readonly opened: Promise<SocketFailure | null>;
  readonly #clock: Clock;
  readonly #onGone: (failure: SocketFailure) => void;
  /** Null until the URL is known. */
  #socket: WebSocket | null = null;
  /** Contexts that are still open at the server; null for an abandoned one. */
  readonly #contexts = new Map<string, ContextListener | null>();
  #unsent: { readonly contextId: string; readonly json: string }[] = [];
  #timer: Timer | null = null;
  #usedMs: number;
  #onOpened: (failure: SocketFailure | null) => void = () => undefined;
  #failure: SocketFailure | null = null;
  #ignored = 0;
  #requestId: string | undefined;
  #hasOpened = false;

  constructor({ url, apiKey, clock, onGone }: ElevenLabsSocketOptions) {
    this.#clock = clock;
    this.#onGone = onGone;
    this.#usedMs = clock.nowMs();
    this.opened = new Promise((resolve) => {
      this.#onOpened = resolve;
    });
    if (typeof url === 'string') this.#connect(url, apiKey);
    else
      url.then(
        (known) => this.#connect(known, apiKey),
        (thrown: unknown) => this.#fail(thrown instanceof ProviderError ? thrown : connectionFailure(thrown)),
      );
  }

  /**
   * Resolves with null, or with the failure, once the server has answered a ping: it checks the key and the voice only
   * after it accepted the connection.
   */
  async settled(): Promise<SocketFailure | null> {
    const failure = await this.opened;
    const socket = this.#openSocket;
    if (failure || !socket) return failure ?? this.#failure;
    return new Promise((resolve) => {
      socket.once('pong', () => resolve(this.#failure));
      socket.once('close', () => resolve(this.#failure));
      socket.ping();
    });
  }

  /** Whether messages were sent: they wait until it is connected. */
  get hasOpened(): boolean {
    return this.#hasOpened;
  }

  /** What ElevenLabs calls the connection, as the answer to the handshake says; most say nothing. */
  get requestId(): string | undefined {
    return this.#requestId;
  }

  /** Number of ignored messages. */
  get ignoredMessages(): number {
    return this.#ignored;
  }

  /** Whether a new answer can use it: no other is being spoken and a context is left. */
  get isFree(): boolean {
    return !this.#failure && this.#contexts.size < maxContexts && !this.isBusy;
  }

  /** Whether an answer is being spoken. */
  get isBusy(): boolean {
    for (const listener of this.#contexts.values()) if (listener) return true;
    return false;
  }

  /** Sends messages of a context, new or open; queues them until the socket is connected. */
  send(contextId: string, listener: ContextListener, ...messages: readonly string[]): void {
    this.#contexts.set(contextId, listener);
    this.#usedMs = this.#clock.nowMs();
    for (const json of messages) {
      if (this.#openSocket) this.#openSocket.send(json);
      else this.#unsent.push({ contextId, json });
    }
  }

  /** Abandons a context before its end: the server stops speaking, and audio that still arrives is dropped. */
  leave(contextId: string): void {
    if (!this.#contexts.get(contextId)) return;
    if (this.#openSocket) {
      this.#contexts.set(contextId, null);
      this.#openSocket.send(closeContext(contextId));
    } else {
      this.#contexts.delete(contextId);
      this.#unsent = this.#unsent.filter((message) => message.contextId !== contextId);
    }
  }

  /** Keeps delivering late messages of a context that the server has ended, until {@link forget}. */
  listenOn(contextId: string, listener: ContextListener): void {
    if (!this.#failure) this.#contexts.set(contextId, listener);
  }

  /** Stops {@link listenOn}. */
  forget(contextId: string): void {
    this.#contexts.delete(contextId);
  }

  /** Closes the connection; answers that are being spoken fail. Idempotent. */
  close(): void {
    if (this.#failure) return;
    this.#openSocket?.send(closeSocket);
    this.#fail({ message: 'The provider was closed.', category: 'aborted' });
  }

  get #openSocket(): WebSocket | null {
    return this.#socket?.readyState === WebSocket.OPEN ? this.#socket : null;
  }

  #connect(url: string, apiKey: string): void {
    if (this.#failure) return;
    let socket: WebSocket;
    try {
      socket = new WebSocket(url, {
        headers: { 'xi-api-key': apiKey },
        perMessageDeflate: false,
        agent: webSocketAgent(url),
      });
    } catch (thrown) {
      // The proxy's address or the URL is invalid. Report it after the constructor has returned.
      queueMicrotask(() => this.#fail({ ...connectionFailure(thrown), category: 'bad_request' }));
      return;
    }
    this.#socket = socket;
    socket.on('upgrade', ({ headers }) => {
      this.#requestId = requestIdOf(
        requestIdIn((name) => headerOf(headers, name)),
        apiKey,
      );
    });
    socket.on('open', () => this.#onOpen());
    socket.on('message', (data: RawData) => this.#onMessage(textOf(data)));
    socket.on('unexpected-response', (request, response: IncomingMessage) => {
      void this.#onRefusal(response).finally(() => request.destroy());
    });
    socket.on('error', (cause) => this.#fail(connectionFailure(cause)));
    socket.on('close', (code: number, reason: Buffer) => this.#fail(failureOfClose(code, reason.toString())));
  }

  #onOpen(): void {
    this.#hasOpened = true;
    for (const { json } of this.#unsent) this.#socket?.send(json);
    this.#unsent = [];
    this.#onOpened(null);
    this.#keepAlive();
  }

  #keepAlive(): void {
    this.#timer = this.#clock.setTimer(keepAliveMs, () => {
      const unusedMs = this.#clock.nowMs() - this.#usedMs;
      // Also close a socket whose abandoned contexts the server does not end: no new answer can use it.
      const isOver = !this.isBusy && unusedMs >= (this.isFree ? maxIdleMs : endingMs);
      if (isOver) {
        this.close();
      } else {
        this.#openSocket?.send(keepAlive);
        this.#keepAlive();
      }
    });
  }

  #onMessage(json: string): void {
    const message = readMessage(json);
    if (message === 'lost_audio' && this.isBusy) {
      this.#fail({ message: 'It sent audio that cannot be read.', category: 'server' });
      return;
    }
    if (message === 'unknown' || message === 'lost_audio') {
      this.#ignored++;
      return;
    }
    const { error, isFinal } = message;
    // An error in any context fails the whole socket, even before the server closes it.
    if (error) this.#fail(error);
    const contextId = message.contextId ?? this.#onlyContext;
    const listener = contextId === null ? null : this.#contexts.get(contextId);
    if (!listener || !says(message)) this.#ignored++;
    if (contextId !== null && isFinal) this.#contexts.delete(contextId);
    listener?.onMessage(message);
  }

  /** The context of a message that names none: the only open one, if there is just one. */
  get #onlyContext(): string | null {
    const [contextId] = this.#contexts.keys();
    return this.#contexts.size === 1 && contextId !== undefined ? contextId : null;
  }

  /** Reads the reason for a refused handshake from the response's body. */
  async #onRefusal(response: IncomingMessage): Promise<void> {
    const { statusCode: status = 0, headers } = response;
    let body = '';
    try {
      for await (const chunk of response.setEncoding('utf8')) body += chunk as string;
    } catch {
      // The status says enough.
    }
    const waitMs = retryAfterMs((name) => headers[name]?.toString());
    const requestId = requestIdIn((name) => headerOf(headers, name));
    this.#fail({ ...failureOfAnswer(status, body, waitMs), requestId });
  }

  /** The first failure is what happened; those that follow are its consequences. */
  #fail(what: SocketFailure): void {
    if (this.#failure) return;
    const failure = what instanceof ProviderError ? what : { requestId: this.#requestId, ...what };
    this.#failure = failure;
    this.#onOpened(failure);
    this.#timer?.cancel();
    const listeners = [...this.#contexts.values()];
    this.#contexts.clear();
    this.#unsent = [];
    this.#onGone(failure);
    if (this.#openSocket) this.#openSocket.close();
    else this.#socket?.terminate();
    for (const listener of listeners) listener?.onFailure(failure);
  }
}

function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString();
  return Buffer.from(data as Buffer).toString();
}

function says({ audio, isFinal, isFlushed, error }: ElevenLabsMessage): boolean {
  return isFinal || isFlushed || error !== null || (audio !== null && audio !== '');
}

/** After several attempts to connect, Node's error has a code but no message. */
function connectionFailure(thrown: unknown): ElevenLabsFailure {
  const { message, code, name } = thrown as Error & { readonly code?: string };
  const reason = message === '' ? (code ?? name) : messageOf(thrown);
  return { message: `The connection failed: ${reason}.`, cause: thrown };
}
