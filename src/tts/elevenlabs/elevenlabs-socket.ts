import type { IncomingMessage } from 'node:http';
import { WebSocket, type RawData } from 'ws';
import type { Clock, Timer } from '../../clock.js';
import type { ElevenLabsFailure } from './elevenlabs-errors.js';
import {
  closeContext,
  closeSocket,
  keepAlive,
  errorDetail,
  readMessage,
  type ElevenLabsMessage,
} from './elevenlabs-messages.js';

/** Who speaks in a context. */
export interface ContextListener {
  onMessage(message: ElevenLabsMessage): void;
  /** The socket has failed; nothing follows. */
  onFailure(failure: ElevenLabsFailure): void;
}

export interface ElevenLabsSocketOptions {
  readonly url: string;
  readonly apiKey: string;
  readonly clock: Clock;
  /** The connection is down, for whatever reason. */
  readonly onGone: () => void;
}

/** More contexts than this close the whole socket: https://elevenlabs.io/docs/developers/guides/cookbooks/multi-context-web-socket */
export const maxContexts = 5;
const keepAliveMs = 15_000;
/** A socket that nobody has used for so long is closed. */
const maxIdleMs = 300_000;

/**
 * One connection to ElevenLabs, which outlives the answers spoken over it. It connects when it is made and keeps itself
 * alive; audio that still comes for a context that was left is dropped.
 */
export class ElevenLabsSocket {
  /** Resolves when it is connected, with null, or when that has failed, with what happened. */
  readonly opened: Promise<ElevenLabsFailure | null>;
  readonly #clock: Clock;
  readonly #onGone: () => void;
  readonly #socket: WebSocket;
  /** Contexts that the server may still count; null for one that was left. */
  readonly #contexts = new Map<string, ContextListener | null>();
  #unsent: { readonly contextId: string; readonly json: string }[] = [];
  #timer: Timer | null = null;
  #usedMs: number;
  #onOpened: (failure: ElevenLabsFailure | null) => void = () => undefined;
  #isGone = false;

  constructor({ url, apiKey, clock, onGone }: ElevenLabsSocketOptions) {
    this.#clock = clock;
    this.#onGone = onGone;
    this.#usedMs = clock.nowMs();
    this.opened = new Promise((resolve) => {
      this.#onOpened = resolve;
    });
    this.#socket = new WebSocket(url, { headers: { 'xi-api-key': apiKey }, perMessageDeflate: false });
    this.#socket.on('open', () => this.#onOpen());
    this.#socket.on('message', (data: RawData) => this.#onMessage(textOf(data)));
    this.#socket.on('unexpected-response', (request, response: IncomingMessage) => {
      void this.#onRefusal(response).finally(() => request.destroy());
    });
    this.#socket.on('error', (cause) => {
      this.#fail({ message: `The connection failed: ${describe(cause)}.`, cause });
    });
    this.#socket.on('close', (code: number, reason: Buffer) => {
      this.#fail({
        message: `The connection was closed: ${code} ${reason.toString()}`.trimEnd(),
      });
    });
  }

  /** Whether one more answer can be spoken over it, with no other under way. */
  get isFree(): boolean {
    if (this.#isGone || this.#contexts.size >= maxContexts) return false;
    for (const listener of this.#contexts.values()) if (listener) return false;
    return true;
  }

  /** Sends the messages of a context, from its first one on; before the connection is up they wait. */
  send(contextId: string, listener: ContextListener, ...messages: readonly string[]): void {
    this.#contexts.set(contextId, listener);
    this.#usedMs = this.#clock.nowMs();
    for (const json of messages) {
      if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(json);
      else this.#unsent.push({ contextId, json });
    }
  }

  /** Leaves a context before its end: the server stops speaking, and what it says meanwhile is dropped. */
  leave(contextId: string): void {
    if (!this.#contexts.get(contextId)) return;
    if (this.#socket.readyState === WebSocket.OPEN) {
      this.#contexts.set(contextId, null);
      this.#socket.send(closeContext(contextId));
    } else {
      this.#contexts.delete(contextId);
      this.#unsent = this.#unsent.filter((message) => message.contextId !== contextId);
    }
  }

  /** Goes on listening to a context that the server has ended, for what may come late. Ends with {@link forget}. */
  listenOn(contextId: string, listener: ContextListener): void {
    if (!this.#isGone) this.#contexts.set(contextId, listener);
  }

  /** A context that the server has ended is of no interest any more. */
  forget(contextId: string): void {
    this.#contexts.delete(contextId);
  }

  /** Ends the connection; contexts that are spoken in fail. Idempotent. */
  close(): void {
    if (this.#isGone) return;
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(closeSocket);
    this.#fail({ message: 'The provider was closed.', category: 'aborted' });
  }

  #onOpen(): void {
    for (const { json } of this.#unsent) this.#socket.send(json);
    this.#unsent = [];
    this.#onOpened(null);
    this.#keepAlive();
  }

  #keepAlive(): void {
    this.#timer = this.#clock.setTimer(keepAliveMs, () => {
      const isIdle = this.isFree && this.#clock.nowMs() - this.#usedMs >= maxIdleMs;
      if (isIdle) {
        this.close();
      } else {
        this.#socket.send(keepAlive);
        this.#keepAlive();
      }
    });
  }

  #onMessage(json: string): void {
    const message = readMessage(json);
    if (!message) {
      this.#fail({ message: 'It sent something that is no message.', category: 'server' });
      return;
    }
    const { contextId, error, isFinal } = message;
    // Errors end the socket, whichever context they are about: it is not used until the server closes it.
    if (error) this.#fail(error);
    if (contextId === null) return;
    const listener = this.#contexts.get(contextId);
    if (isFinal) this.#contexts.delete(contextId);
    listener?.onMessage(message);
  }

  /** A refused handshake says why in its body, if it is read. */
  async #onRefusal(response: IncomingMessage): Promise<void> {
    const { statusCode: status = 0, headers } = response;
    let body = '';
    try {
      for await (const chunk of response.setEncoding('utf8')) body += chunk as string;
    } catch {
      // The status says enough.
    }
    const retryAfter = headers['retry-after'];
    this.#fail({ message: `HTTP ${status}`, status, retryAfter, ...errorDetail(body) });
  }

  /** The first failure is what happened; those that follow are its consequences. */
  #fail(failure: ElevenLabsFailure): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#onOpened(failure);
    this.#timer?.cancel();
    const listeners = [...this.#contexts.values()];
    this.#contexts.clear();
    this.#unsent = [];
    this.#onGone();
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.close();
    else this.#socket.terminate();
    for (const listener of listeners) listener?.onFailure(failure);
  }
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString();
  return Buffer.from(data as Buffer).toString();
}

/** Node gives several attempts to connect as an error without a message of its own. */
function describe(error: Error & { readonly code?: string }): string {
  return error.message === '' ? (error.code ?? error.name) : error.message;
}
