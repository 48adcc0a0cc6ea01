import type { Clock } from '../../core/clock.js';

/** The part of a WebSocket that a media stream uses; a WebSocket of `ws` has it. */
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

/** Receives everything that arrives on a socket. */
export interface SocketHandler {
  /** A whole message; `text` is null for a binary one. */
  onMessage(text: string | null, bytes: number): void;
  onError(error: Error): void;
  /** The connection is down; nothing follows. */
  onClose(): void;
}

/** Maximum number of messages held while there is no handler: 40 s of a call. */
const heldLimit = 2000;

const socketOpen = 1;
const socketClosed = 3;

/**
 * Delivers everything that arrives on one socket, in order, to the current handler, and holds it while there is none.
 * So no message is lost between the handshake and the transport that takes the socket over.
 */
export class SocketInbox {
  readonly #socket: MediaSocket;
  #handler: SocketHandler | null = null;
  #held: ((handler: SocketHandler) => void)[] = [];
  #sent = 0;
  #received = 0;
  readonly #closed: Promise<void>;
  #isClosing = false;

  /** Listens at once: create it in the same tick in which the socket opened. */
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
        // Held even beyond the limit: the next handler must learn that the socket is closed.
        const tell = (handler: SocketHandler): void => handler.onClose();
        if (this.#handler) tell(this.#handler);
        else this.#held.push(tell);
        resolve();
      };
      if (socket.readyState === socketClosed) onClose();
      else socket.on('close', onClose);
    });
  }

  /** Messages sent and received since the socket opened. */
  get counts(): { readonly sent: number; readonly received: number } {
    return { sent: this.#sent, received: this.#received };
  }

  /** Bytes that wait to be sent. */
  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  /** Replaces the handler. Delivers the held messages to `handler`, then each message as it arrives. */
  handOver(handler: SocketHandler): void {
    this.#handler = handler;
    const held = this.#held;
    this.#held = [];
    // A handler may call `handOver` during a delivery; the next handler then gets the rest.
    for (const delivery of held) this.#deliver(delivery);
  }

  /** Holds messages until the next `handOver`. */
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
   * Closes the socket and resolves when it is down; terminates it if the peer does not answer within a second.
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
