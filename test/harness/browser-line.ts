import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createOpusDecoder, type OpusDecoder } from '#src/audio/opus-decoder.js';
import { createOpusEncoder, type OpusEncoder } from '#src/audio/opus-encoder.js';
import type { Clock } from '#src/core/clock.js';
import { answerOffer } from '#src/transport/webrtc/answering-peer.js';
import { resolveWebRtcOptions } from '#src/transport/webrtc/ice-options.js';
import type { MediaConnection } from '#src/transport/webrtc/media-connection.js';
import { readOffer } from '#src/transport/webrtc/offer.js';
import type { OfferResponse, PageMessage, RelayMessage } from '#src/transport/webrtc/page-protocol.js';
import { parseRtpPacket, writeRtpPacket, type RtpPacket } from '#src/transport/webrtc/rtp-packet.js';
import { webRtcUnused } from './webrtc-unused.js';

/** A request that reached the line. */
export interface LineRequest {
  readonly method: string | undefined;
  readonly path: string;
  readonly authorization: string | undefined;
}

export interface BrowserLineOptions {
  readonly clock: Clock;
  /** Answers the offer instead of taking the call. */
  readonly refuse?: { readonly status: number; readonly body: string };
}

/** The minimal relay for a browser's call: a route for offers, and the far end of the connection. */
export interface BrowserLine {
  readonly url: string;
  readonly requests: readonly LineRequest[];
  /** The next connection. */
  readonly call: Promise<BrowserLineCall>;
  close(): Promise<void>;
}

const rateHz = 24_000;
const frameSamples = rateHz / 50;

/** The relay's end of one connection: records the browser's messages and sends those of the test. */
export class BrowserLineCall {
  readonly packets: RtpPacket[] = [];
  readonly messages: PageMessage[] = [];
  isOver = false;
  readonly #connection: MediaConnection;
  readonly #encoder: OpusEncoder;
  readonly #decoder: OpusDecoder;
  #sent = 0;

  constructor(connection: MediaConnection, encoder: OpusEncoder, decoder: OpusDecoder) {
    this.#connection = connection;
    this.#encoder = encoder;
    this.#decoder = decoder;
    connection.start({
      onRtp: (bytes) => {
        const packet = parseRtpPacket(bytes);
        if (packet) this.packets.push(packet);
      },
      onChannelOpen: () => this.send({ type: 'sync', id: 0, relayMs: 0 }),
      onText: (text) => this.#take(JSON.parse(text) as PageMessage),
      onEnd: () => {
        this.isOver = true;
        encoder.close();
        decoder.close();
      },
    });
  }

  get wire(): { readonly sent: number; readonly received: number } {
    return this.#connection.wire;
  }

  /** The browser's audio so far, decoded. */
  heard(): Int16Array {
    return Int16Array.from(this.packets.flatMap(({ payload }) => [...(this.#decoder.decode(payload) ?? [])]));
  }

  send(message: RelayMessage): void {
    this.raw(JSON.stringify(message));
  }

  raw(text: string): void {
    this.#connection.sendText(text);
  }

  rtp(packet: Uint8Array): void {
    this.#connection.sendRtp(packet);
  }

  /** Sends samples at 24 kHz, all packets at once. */
  play(samples: Int16Array): void {
    for (let start = 0; start < samples.length; start += frameSamples) {
      const frame = new Int16Array(frameSamples);
      frame.set(samples.subarray(start, start + frameSamples));
      const { payloadType, ssrc } = this.#connection.audio;
      const payload = this.#encoder.encode(frame);
      const sequenceNumber = this.#sent;
      const timestamp = 960 * this.#sent++;
      this.rtp(writeRtpPacket({ payloadType, marker: false, sequenceNumber, timestamp, ssrc, payload }));
    }
  }

  close(): void {
    this.#connection.close();
  }

  #take(message: PageMessage): void {
    this.messages.push(message);
    if (message.type === 'bye') this.close();
  }
}

/** Opens a line for browsers on a free loopback port. */
export async function openBrowserLine(options: BrowserLineOptions): Promise<BrowserLine> {
  const { clock, refuse } = options;
  const requests: LineRequest[] = [];
  const connections: MediaConnection[] = [];
  let take: (call: BrowserLineCall) => void = () => undefined;
  const call = new Promise<BrowserLineCall>((resolve) => (take = resolve));
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method, url = '', headers } = request;
    requests.push({ method, path: url, authorization: headers.authorization });
    if (method === 'DELETE') {
      response.writeHead(204).end();
      return;
    }
    const { sdp } = JSON.parse(await readText(request)) as { readonly sdp: string };
    if (refuse) {
      response.writeHead(refuse.status).end(refuse.body);
      return;
    }
    const reading = readOffer(sdp);
    if (!reading.ok) throw new Error(reading.problem.message);
    const webrtc = resolveWebRtcOptions(undefined, true, []);
    const answered = await answerOffer(reading.offer, { clock, webrtc });
    connections.push(answered.connection);
    const codecs = [createOpusEncoder(), createOpusDecoder({ sampleRateHz: rateHz })] as const;
    const [encoder, decoder] = await Promise.all(codecs);
    void answered.connection.connected.then(() => {
      take(new BrowserLineCall(answered.connection, encoder, decoder));
    });
    const body: OfferResponse = { id: 'ab12', callId: 'WRcall', sdp: answered.answer, type: 'answer' };
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    call,
    close: async () => {
      for (const connection of connections) connection.close();
      await new Promise((resolve) => server.close(resolve));
      await webRtcUnused();
    },
  };
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
