/**
 * Browser calls whose page can come back after its connection was lost. The page proves itself with a token of 128 bits.
 * Each answer has a new one, and it is used up once the page has sent something over the connection that it asked for: until
 * then the page may ask again, since it may not have got the answer, or not know that the connection is up.
 */
import { randomBytes } from 'node:crypto';
import { TransportError } from '../core/errors.js';
import type { WebRtcTransport } from '../transport/webrtc/webrtc-transport.js';
import type { MediaConnection } from '../transport/webrtc/media-connection.js';

export class BrowserCall {
  readonly callId: string;
  readonly #transport: WebRtcTransport;
  readonly #onToken: (token: string) => void;
  #token: string;
  /** Of an answer whose connection is up, but over which the page has sent nothing yet. */
  #nextToken: string | null = null;
  #closed = false;
  /** Asked for, and not up yet. */
  #awaited: MediaConnection | null = null;

  constructor(callId: string, transport: WebRtcTransport, token: string, onToken: (token: string) => void) {
    this.callId = callId;
    this.#transport = transport;
    this.#token = token;
    this.#onToken = onToken;
  }

  /** Whether the page can come back with this token. */
  admits(token: string): boolean {
    return !this.#closed && (token === this.#token || token === this.#nextToken);
  }

  /**
   * The page has asked for this connection; `token` is the next one. Resolves with whether the call goes on over it: no if
   * it does not come up, if the page asks for a later one, or if the call has ended. The caller closes it then.
   */
  async comeBack(connection: MediaConnection, token: string, eventsSeen: number): Promise<boolean> {
    this.#awaited?.close();
    this.#awaited = connection;
    this.#transport.lose(new TransportError('The page asks for another connection.'), true);
    const isUp = await connection.connected;
    if (this.#awaited !== connection) return false;
    this.#awaited = null;
    if (!isUp || this.#closed) return false;
    this.#nextToken = token;
    this.#onToken(token);
    return this.#transport.reattach(connection, eventsSeen, () => {
      this.#token = token;
      this.#nextToken = null;
    });
  }

  /** Ends the call as its page does. */
  hangUp(): void {
    this.#transport.hangUp();
  }

  /** The call has ended. */
  close(): void {
    this.#closed = true;
    this.#awaited?.close();
  }
}

export class BrowserCalls {
  /** By all tokens that the page ever had, so that a used one is told from a wrong one. */
  readonly #calls = new Map<string, BrowserCall>();

  static newToken(): string {
    return randomBytes(16).toString('hex');
  }

  get(token: string): BrowserCall | null {
    return this.#calls.get(token) ?? null;
  }

  /** The call's page can come back until the call is closed. */
  add(callId: string, transport: WebRtcTransport, token: string): { close(): void } {
    const tokens = [token];
    const call = new BrowserCall(callId, transport, token, (next) => {
      tokens.push(next);
      this.#calls.set(next, call);
    });
    this.#calls.set(token, call);
    return {
      close: () => {
        call.close();
        for (const each of tokens) this.#calls.delete(each);
      },
    };
  }
}
