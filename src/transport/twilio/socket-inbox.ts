import type { Clock } from '../../clock.js';

/** What the Twilio edge needs of a WebSocket; a `ws` WebSocket is one. */
export interface MediaSocket {
  readonly readyState: number;
  /** Bytes that wait to be sent. */
  readonly bufferedAmount: number;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  terminate(): void;
  on(event: 'message', listener: (data: Buffer | ArrayBuffer | Buffer[], isBinary: boolean) => void): unknown;
  on(event: 'close', listener: (code: number) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/** Who takes what arrives on a socket. */
export interface SocketHandler {
  /** A whole message; `text` is null for a binary one. */
  onMessage(text: string | null, bytes: number): void;
  onError(error: Error): void;
  /** The connection is down; nothing follows. */
  onClose(): void;
}

/** Messages held for a handler that has not come yet: 40 s of a call. */
const heldLimit = 2000;

const socketOpen = 1;
const socketClosed = 3;

/**
 * Everything that arrives on one socket, in order, for whoever handles it at the time; while nobody does it is held.
 * So nothing gets lost between the handshake, which decides what a socket is, and the transport that takes it over.
 */
export class SocketInbox {
  readonly #socket: MediaSocket;
  #handler: SocketHandler | null = null;
  #held: ((handler: SocketHandler) => void)[] = [];
  #sent = 0;
  #received = 0;
  readonly #closed: Promise<void>;
  #isClosing = false;

  /** Listens from now on: create it in the same tick in which the socket came. */
  constructor(socket: MediaSocket) {
    this.#socket = socket;
    socket.on('message', (data, isBinary) => {
      this.#received += 1;
      const buffer = toBuffer(data);
      const text = isBinary ? null : buffer.toString();
      this.#deliver((handler) => handler.onMessage(text, buffer.length));
    });
    socket.on('error', (error) => this.#deliver((handler) => handler.onError(error)));
    this.#closed = new Promise((resolve) => {
      const onClose = (): void => {
        // Never refused for want of room: whoever takes the socket over has to learn that it is gone.
        const tell = (handler: SocketHandler): void => handler.onClose();
        if (this.#handler) tell(this.#handler);
        else this.#held.push(tell);
        resolve();
      };
      if (socket.readyState === socketClosed) onClose();
      else socket.on('close', onClose);
    });
  }

  /** Messages that went out and came in since the socket opened. */
  get counts(): { readonly sent: number; readonly received: number } {
    return { sent: this.#sent, received: this.#received };
  }

  /** Bytes that wait to be sent. */
  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  /** Gives `handler` what was held, then everything as it comes. It replaces the handler before it. */
  handOver(handler: SocketHandler): void {
    this.#handler = handler;
    const held = this.#held;
    this.#held = [];
    // A handler may hand the socket on while it is given a message; the rest is then for the next one.
    for (const delivery of held) this.#deliver(delivery);
  }

  /** Holds what comes from now on until the next `handOver`. */
  hold(): void {
    this.#handler = null;
  }

  /** Sends a text message; a no-op once the socket is closing. */
  send(text: string): void {
    if (this.#isClosing || this.#socket.readyState !== socketOpen) return;
    this.#sent += 1;
    this.#socket.send(text);
  }

  /**
   * Closes the socket and resolves when it is down; a peer that does not answer the close within a second is cut off.
   * Idempotent: only the first code and reason count.
   */
  close(clock: Clock, code: number, reason = ''): Promise<void> {
    if (this.#isClosing || this.#socket.readyState === socketClosed) return this.#closed;
    this.#isClosing = true;
    this.#socket.close(code, reason);
    const timer = clock.setTimer(1000, () => this.#socket.terminate());
    void this.#closed.then(() => timer.cancel());
    return this.#closed;
  }

  #deliver(delivery: (handler: SocketHandler) => void): void {
    if (this.#handler) {
      delivery(this.#handler);
      return;
    }
    if (this.#held.length < heldLimit) this.#held.push(delivery);
    else this.#socket.terminate();
  }
}

function toBuffer(data: Buffer | ArrayBuffer | Buffer[]): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}
