/**
 * Twilio's side of a call, message by message: for what the simulated phone, which speaks the wire rightly, never does.
 */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { postWebhook, twilioSignature } from '../replay/simulated-phone-webhook.js';
import { readTwiml, type TwimlElement } from '../replay/twiml-reader.js';
import { until } from './light-relay.js';
import type { VirtualClock } from './virtual-clock.js';

/** What the relay's answer to a ringing call says. */
export interface RungCall {
  readonly callSid: string;
  /** The verbs of the answer. */
  readonly verbs: readonly TwimlElement[];
  readonly streamUrl: string;
  readonly token: string;
}

/** Rings at a relay's webhook, signed where a token is given. Rejects where the relay does not connect the call. */
export async function ring(
  relay: { readonly url: string; readonly clock: VirtualClock },
  callSid: string,
  authToken?: string,
): Promise<RungCall> {
  const verbs = readTwiml(
    await postWebhook({
      clock: relay.clock,
      url: `${relay.url}/twilio/voice`,
      fields: { CallSid: callSid, CallStatus: 'ringing' },
      authToken,
      signal: undefined,
    }),
  );
  const stream = verbs[0]?.children[0];
  const token = stream?.children.find(({ attributes }) => attributes.name === 'token')?.attributes.value;
  const streamUrl = stream?.attributes.url;
  if (streamUrl === undefined || token === undefined) throw new Error(`${callSid} was not connected.`);
  return { callSid, verbs, streamUrl, token };
}

export class MediaPeer {
  readonly socket: WebSocket;
  /** What the relay sent, parsed. */
  readonly received: { readonly event: string }[] = [];
  /** How the socket was closed; null while it is open. */
  closed: { readonly code: number; readonly reason: string } | null = null;
  readonly #streamSid = 'MZ1';
  #sequenceNumber = 0;

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data: Buffer) =>
      this.received.push(JSON.parse(data.toString()) as { event: string }),
    );
    socket.on('error', () => undefined);
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
    });
  }

  /** An open media socket; rejects with the status where it is refused. */
  static async open(url: string, authToken?: string): Promise<MediaPeer> {
    const headers =
      authToken === undefined ? {} : { 'X-Twilio-Signature': twilioSignature(authToken, url, {}) };
    const socket = new WebSocket(url, { headers, perMessageDeflate: false });
    const peer = new MediaPeer(socket);
    await once(socket, 'open');
    return peer;
  }

  /** Sends text as it is, or anything else as JSON; bytes go as a binary message. */
  send(message: string | Uint8Array | object): void {
    const isRaw = typeof message === 'string' || message instanceof Uint8Array;
    this.socket.send(isRaw ? message : JSON.stringify(message));
  }

  connected(): void {
    this.send({ event: 'connected', protocol: 'Call', version: '1.0.0' });
  }

  start(callSid: string, token: string | undefined): void {
    const start = {
      accountSid: 'AC1',
      streamSid: this.#streamSid,
      callSid,
      tracks: ['inbound'],
      mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
      customParameters: token === undefined ? {} : { token },
    };
    this.send({ event: 'start', start, ...this.#next() });
  }

  /** 20 ms of silence. */
  media(): void {
    const at = this.#next();
    const payload = Buffer.alloc(160, 0xff).toString('base64');
    this.send({ event: 'media', ...at, media: { track: 'inbound', chunk: '1', timestamp: '0', payload } });
  }

  stop(): void {
    this.send({ event: 'stop', ...this.#next() });
  }

  /** Resolves when the socket is down, with how it was closed. */
  async ended(): Promise<{ readonly code: number; readonly reason: string }> {
    await until(() => this.closed !== null);
    return this.closed ?? { code: 0, reason: '' };
  }

  /** Goes away without a word. */
  vanish(): void {
    this.socket.terminate();
  }

  #next(): { readonly sequenceNumber: string; readonly streamSid: string } {
    return { sequenceNumber: String(++this.#sequenceNumber), streamSid: this.#streamSid };
  }
}
