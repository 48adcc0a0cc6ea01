/**
 * The WebSocket below the SDK, set through its `transportFactory`. The SDK's own one hides the status and headers of a
 * refusal, uses the machine's timers, and waits 30 s for the server's close.
 */
import type { DeepgramTransport, DeepgramTransportCloseEvent, DeepgramTransportMessage } from '@deepgram/sdk';
import type { Agent, IncomingMessage } from 'node:http';
import { WebSocket, type RawData } from 'ws';
import { retryAfterMs } from '../../network/retry-after.js';
import { requestIdOf } from '../request-id.js';
import { HandshakeRefusal, quote } from './deepgram-errors.js';

/** On every answer to a handshake, also on refusals: https://developers.deepgram.com/changelog/2022/11/8 */
const requestIdHeader = 'dg-request-id';

/** The longest part of a refusal's body that goes into an error message. */
const maxBodyChars = 500;

export class WebSocketTransport implements DeepgramTransport {
  /** Resolves when the connection is closed, for any reason. */
  readonly closed: Promise<void>;
  readonly #socket: WebSocket;
  readonly #apiKey: string;
  #onError: (error: Error) => void = () => undefined;
  #failure: Error | null = null;
  #requestId: string | undefined;
  #terminated = false;

  private constructor(socket: WebSocket, apiKey: string) {
    this.#socket = socket;
    this.#apiKey = apiKey;
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('error', (error) => this.#fail(error));
    socket.on('upgrade', ({ headers }) => (this.#requestId = requestIdOf(headers[requestIdHeader], apiKey)));
    socket.on('unexpected-response', (_request, response) => void this.#refused(response));
  }

  /** Starts to connect. Throws a SyntaxError for an invalid URL. `apiKey` is removed from errors. */
  static open(
    url: string,
    headers: Readonly<Record<string, string>>,
    { apiKey, agent }: { readonly apiKey: string; readonly agent: Agent | undefined },
  ): WebSocketTransport {
    return new WebSocketTransport(new WebSocket(url, { headers, agent, perMessageDeflate: false }), apiKey);
  }

  /** What Deepgram calls this connection; undefined until it has answered, and where it tells none. */
  get requestId(): string | undefined {
    return this.#requestId;
  }

  /** The original error; the SDK passes on only its message. */
  get failure(): Error | null {
    return this.#failure;
  }

  /** Bytes that were sent but have not left the process. */
  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  send(data: DeepgramTransportMessage): void {
    // The SDK's types allow a Blob, but none is ever sent.
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
      // A failure has already been reported.
      if (!this.#failure && !this.#terminated) listener({ code, reason: reason.toString() });
    });
  }

  onPong(listener: () => void): void {
    this.#socket.on('pong', listener);
  }

  /** Sends a ping; the server answers with a pong. */
  ping(): void {
    this.#socket.ping();
  }

  isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  close(): void {
    if (this.#socket.readyState === WebSocket.CONNECTING) this.terminate();
    else this.#socket.close(1000);
  }

  /** Closes the connection without waiting for the server. */
  terminate(): void {
    this.#terminated = true;
    this.#socket.terminate();
  }

  async #refused(response: IncomingMessage): Promise<void> {
    const body = quote(await readText(response, maxBodyChars), this.#apiKey);
    const { statusCode: status = 0, headers } = response;
    const waitMs = retryAfterMs((name) => headers[name]?.toString());
    const requestId = requestIdOf(headers[requestIdHeader], this.#apiKey);
    this.#fail(new HandshakeRefusal(status, { retryAfterMs: waitMs, body, requestId }));
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
