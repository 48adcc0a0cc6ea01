/**
 * The WebSocket below the SDK. The SDK's own one hides the status and the headers of a refusal, keeps timers on the
 * machine's clock, and waits half a minute for the other side's goodbye; this one goes in through its `transportFactory`.
 */
import type { DeepgramTransport, DeepgramTransportCloseEvent, DeepgramTransportMessage } from '@deepgram/sdk';
import type { IncomingMessage } from 'node:http';
import { WebSocket, type RawData } from 'ws';
import { HandshakeRefusal, quote } from './deepgram-errors.js';

/** As much of a refusal's body as is worth a place in an error message. */
const maxBodyChars = 500;

export class WebSocketTransport implements DeepgramTransport {
  /** Resolves when the connection is down, however that came about. */
  readonly closed: Promise<void>;
  readonly #socket: WebSocket;
  readonly #apiKey: string;
  #onError: (error: Error) => void = () => undefined;
  #failure: Error | null = null;
  #terminated = false;

  private constructor(socket: WebSocket, apiKey: string) {
    this.#socket = socket;
    this.#apiKey = apiKey;
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('error', (error) => this.#fail(error));
    socket.on('unexpected-response', (_request, response) => void this.#refused(response));
  }

  /** Starts to connect. Throws a SyntaxError for a URL that is none. The key is known so that no error quotes it. */
  static open(url: string, headers: Readonly<Record<string, string>>, apiKey: string): WebSocketTransport {
    return new WebSocketTransport(new WebSocket(url, { headers, perMessageDeflate: false }), apiKey);
  }

  /** What went wrong, in full: the SDK passes on no more than the message. */
  get failure(): Error | null {
    return this.#failure;
  }

  /** Bytes that were sent but have not left the process. */
  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  send(data: DeepgramTransportMessage): void {
    // The SDK's types allow a Blob; nothing here ever sends one.
    if (!(data instanceof Blob)) this.#socket.send(data);
  }

  onOpen(listener: () => void): void {
    this.#socket.on('open', listener);
  }

  onMessage(listener: (message: DeepgramTransportMessage) => void): void {
    this.#socket.on('message', (data, isBinary) => listener(isBinary ? bytesOf(data) : textOf(data)));
  }

  onError(listener: (error: Error) => void): void {
    this.#onError = listener;
  }

  onClose(listener: (event: DeepgramTransportCloseEvent) => void): void {
    this.#socket.on('close', (code, reason) => {
      // The end of a connection that has failed says nothing new.
      if (!this.#failure && !this.#terminated) listener({ code, reason: reason.toString() });
    });
  }

  isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  close(): void {
    if (this.#socket.readyState === WebSocket.CONNECTING) this.terminate();
    else this.#socket.close(1000);
  }

  /** Takes the connection down without waiting for the other side. */
  terminate(): void {
    this.#terminated = true;
    this.#socket.terminate();
  }

  async #refused(response: IncomingMessage): Promise<void> {
    const body = quote(await readText(response, maxBodyChars), this.#apiKey);
    const retryAfterMs = retryAfterOf(response.headers['retry-after']);
    this.#fail(new HandshakeRefusal(response.statusCode ?? 0, { retryAfterMs, body }));
    this.#socket.terminate();
  }

  #fail(error: Error): void {
    if (this.#failure || this.#terminated) return;
    this.#failure = error;
    this.#onError(error);
  }
}

function textOf(data: RawData): string {
  return bytesOf(data).toString();
}

function bytesOf(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}

/** The beginning of a body; what arrived of it where the connection breaks. */
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

/** Only the form in seconds (RFC 9110 section 10.2.3): a date would need the machine's calendar. */
function retryAfterOf(header: string | undefined): number | null {
  return header !== undefined && /^\d{1,6}$/.test(header) ? Number(header) * 1000 : null;
}
