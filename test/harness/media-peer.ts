/**
 * Twilio's side of a call, message by message, for messages that the simulated phone never sends because they are invalid.
 */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { Clock } from '#src/core/clock.js';
import { postWebhook, twilioSignature } from '#src/simulators/phone/simulated-phone-webhook.js';
import { readTwiml, type TwimlElement } from '#src/simulators/phone/twiml-reader.js';
import { until, type LightRelay } from './light-relay.js';

/** The relay's answer to an incoming call. */
export interface RungCall {
  readonly callSid: string;
  /** The verbs of the answer. */
  readonly verbs: readonly TwimlElement[];
  readonly streamUrl: string;
  readonly token: string;
}

/** Calls a relay's webhook, signed if a token is given. Rejects if the relay does not connect the call. */
export async function ring(
  relay: { readonly url: string; readonly clock: Clock },
  callSid: string,
  authToken?: string,
  more: Readonly<Record<string, string>> = {},
): Promise<RungCall> {
  const twiml = await postWebhook({
    clock: relay.clock,
    url: `${relay.url}/twilio/voice`,
    fields: { CallSid: callSid, CallStatus: 'ringing', ...more },
    authToken,
    signal: undefined,
  });
  return connectedBy(twiml, callSid);
}

/** What this TwiML says of the call's stream. Throws if it connects none. */
export function connectedBy(twiml: string, callSid: string): RungCall {
  const verbs = readTwiml(twiml);
  const stream = verbs[0]?.children[0];
  const token = stream?.children.find(({ attributes }) => attributes.name === 'token')?.attributes.value;
  const streamUrl = stream?.attributes.url;
  if (streamUrl === undefined || token === undefined) throw new Error(`${callSid} was not connected.`);
  return { callSid, verbs, streamUrl, token };
}

export class MediaPeer {
  readonly socket: WebSocket;
  /** The relay's messages, parsed. */
  readonly received: { readonly event: string }[] = [];
  /** How the socket was closed; null while it is open. */
  closed: { readonly code: number; readonly reason: string } | null = null;
  readonly streamSid = 'MZ1';
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

  /** Opens a media socket; rejects with the status if it is refused. */
  static async open(url: string, authToken?: string): Promise<MediaPeer> {
    const headers =
      authToken === undefined ? {} : { 'X-Twilio-Signature': twilioSignature(authToken, url, {}) };
    const socket = new WebSocket(url, { headers, perMessageDeflate: false });
    const peer = new MediaPeer(socket);
    await once(socket, 'open');
    return peer;
  }

  /** Sends text unchanged, bytes as a binary message, and objects as JSON. */
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
      streamSid: this.streamSid,
      callSid,
      tracks: ['inbound'],
      mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
      customParameters: token === undefined ? {} : { token },
    };
    this.send({ event: 'start', start, ...this.#next() });
  }

  /** Sends 20 ms of silence. */
  media(): void {
    const at = this.#next();
    const payload = Buffer.alloc(160, 0xff).toString('base64');
    this.send({ event: 'media', ...at, media: { track: 'inbound', chunk: '1', timestamp: '0', payload } });
  }

  stop(): void {
    this.send({ event: 'stop', ...this.#next() });
  }

  /** Resolves with code and reason when the socket is closed. */
  async ended(): Promise<{ readonly code: number; readonly reason: string }> {
    await until(() => this.closed !== null);
    return this.closed ?? { code: 0, reason: '' };
  }

  /** Cuts the connection without a close. */
  vanish(): void {
    this.socket.terminate();
  }

  #next(): { readonly sequenceNumber: string; readonly streamSid: string } {
    return { sequenceNumber: String(++this.#sequenceNumber), streamSid: this.streamSid };
  }
}

/** Opens the stream that the relay asked for. */
export async function openStream({ callSid, streamUrl, token }: RungCall): Promise<MediaPeer> {
  const peer = await MediaPeer.open(streamUrl);
  peer.connected();
  peer.start(callSid, token);
  return peer;
}

/** A media stream that is a call, whose session has begun; `more` are further fields of the webhook's request. */
export async function beginCall(
  light: LightRelay,
  callSid: string,
  more: Readonly<Record<string, string>> = {},
): Promise<MediaPeer> {
  const peer = await openStream(await ring(light, callSid, undefined, more));
  await until(() => light.events.some((event) => event.type === 'session.start' && event.callId === callSid));
  return peer;
}
