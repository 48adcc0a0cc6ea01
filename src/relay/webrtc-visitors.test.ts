import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { DataChannel, PeerConnection as NativePeer, Track } from 'node-datachannel';
import { AttendedRelay, browserSession } from '../../test/harness/attended-relay.js';
import { LightRelay } from '../../test/harness/light-relay.js';
import { postOffer } from '../../test/harness/offer-post.js';
import { eventually, PeerRecorder, rtpPacket } from '../../test/harness/peer-recorder.js';
import { leaseWebRtc, type WebRtcLease } from '../transport/webrtc/native-webrtc.js';
import { offerConnection } from '../transport/webrtc/offering-peer.js';
import type { WebRtcTransport } from '../transport/webrtc/webrtc-transport.js';

let relay: AttendedRelay;

async function open(): Promise<void> {
  relay = await AttendedRelay.start();
}
const close = (): Promise<void> => relay.close();

describe('the address of a call', () => {
  beforeAll(open);
  afterAll(close);

  it.each(['0', 'f'.repeat(32), '..%2f..%2fetc', '%00', 'a'.repeat(200)])(
    'is unknown unless the relay gave it out: %s',
    async (id) => {
      expect([404, 414]).toContain(await relay.delete(id));
    },
  );

  it('ends that call only, and only once', async () => {
    const visitor = await relay.begin();
    expect(await relay.delete(visitor.answer.json.id!)).toBe(204);
    await visitor.ended();
    expect(visitor.endReason).toBe('hangup');
    await eventually(() => relay.sessions.length === 1);
    expect(await relay.delete(visitor.answer.json.id!)).toBe(404);
  });
});

describe('a visitor', () => {
  beforeEach(open);
  afterEach(close);

  it('that reloads the page ends one call and begins another', async () => {
    const visitor = await relay.begin();
    visitor.connection.close();
    const again = await relay.begin();
    await eventually(() => visitor.endReason !== undefined);
    expect(visitor.endReason).toBe('hangup');
    await again.proveAlive();
    await again.hangUp();
  });

  it('without a data channel may stay muted for any time and is heard again afterwards', async () => {
    const visitor = await relay.begin({ withChannel: false });
    await visitor.sendAudio();
    await relay.pass(30_000);
    await visitor.sendAudio();
    expect(visitor.endReason).toBeUndefined();
    expect(visitor.sessionWarnings).toEqual(['media_stopped']);
    expect(await relay.delete(visitor.answer.json.id!)).toBe(204);
    await eventually(() => visitor.endReason !== undefined);
    visitor.connection.close();
  });

  it('whose process is killed is noticed within seconds', async () => {
    const child = new KilledVisitor();
    await child.connected;
    await eventually(() => relay.sessions.length === 2);
    await child.kill();
    const has = (type: string): boolean => relay.events.some((event) => event.type === type);
    for (let second = 0; second < 4 && !has('session.reconnecting'); second++) await relay.pass(1000);
    expect(has('session.reconnecting')).toBe(true);
    // It does not come back.
    for (let second = 0; second < 16 && !has('session.end'); second++) await relay.pass(1000);
    await eventually(() => relay.sessions.length === 1);
    const reasons = relay.events.flatMap((event) => (event.type === 'session.end' ? [event.reason] : []));
    expect(reasons).toEqual(['connection_lost']);
  });

  it('that sends garbage over the data channel gets one warning per kind and stays', async () => {
    const visitor = await relay.begin();
    const garbage = [
      '',
      'hello',
      '{',
      '[]',
      'null',
      '{"type":"nonsense"}',
      '{"type":"sync"}',
      '{"type":"text","text":7}',
    ];
    for (const text of garbage) visitor.connection.sendText(text);
    await visitor.proveAlive();
    expect(visitor.sessionWarnings).toEqual(['malformed_page_message']);
    await visitor.hangUp();
  });

  it('that sends messages that are too long gets a warning and stays', async () => {
    const visitor = await relay.begin({ maxMessageBytes: 1_000_000 }, (answer) =>
      answer.replace(/max-message-size:\d+/, 'max-message-size:1000000'),
    );
    for (let i = 0; i < 5; i++) visitor.connection.sendText('x'.repeat(500_000));
    await visitor.proveAlive();
    expect(visitor.sessionWarnings).toEqual(['oversize_message']);
    await visitor.hangUp();
  });

  it('that closes only the data channel has hung up', async () => {
    const raw = await RawVisitor.connect();
    raw.channel.close();
    await eventually(() => relay.sessions.length === 1);
    expect(relay.events.at(-1)).toMatchObject({ type: 'session.end', reason: 'hangup' });
    await raw.leave();
  });

  it.each<[string, (raw: RawVisitor) => void]>([
    ['binary messages of one byte', ({ channel }) => void channel.sendMessageBinary(Buffer.of(1))],
    ['empty messages', ({ channel }) => void channel.sendMessage('')],
  ])('that floods the data channel with %s is disconnected', async (_what, send) => {
    const raw = await RawVisitor.connect();
    for (let i = 0; i < 6000; i++) send(raw);
    await eventually(() => relay.sessions.length === 1);
    expect(relay.events.at(-1)).toMatchObject({ type: 'session.end', reason: 'transport_error' });
    const warned = relay.events.flatMap((event) => (event.type === 'warning' ? [event.code] : []));
    expect(warned.filter((code) => code === 'page_flood')).toHaveLength(1);
    await raw.leave();
  });

  it('that types a turn every 10 ms causes few model requests, gets a warning and is disconnected', async () => {
    let asked = 0;
    const typist = await LightRelay.start({
      session: () => ({
        ...browserSession(),
        llm: () => {
          asked++;
          return 'Yes.';
        },
        agent: { systemPrompt: 'Answer.' },
      }),
    });
    const offered = await offerConnection({ clock: typist.clock, bindAddress: '127.0.0.1' });
    const { json } = await postOffer(typist.url, offered.offer);
    const page = new PeerRecorder();
    offered.connection.start(page);
    offered.accept(json.sdp!);
    await page.until(() => page.texts.length > 0);
    const received = () =>
      (typist.relay.sessions[0]?.transport as WebRtcTransport | undefined)?.wire.received;
    for (let i = 0; i < 400 && page.ends.length === 0; i++) {
      const before = received() ?? 0;
      if (!offered.connection.sendText(JSON.stringify({ type: 'text', text: `turn ${i}` }))) break;
      await eventually(() => (received() ?? Infinity) > before);
      typist.clock.advance(10);
    }
    await page.ended();
    expect(asked).toBeGreaterThan(0);
    expect(asked).toBeLessThanOrEqual(12);
    expect(page.texts.filter((text) => text.includes('"typed_flood"'))).toHaveLength(1);
    expect(typist.events.at(-1)).toMatchObject({ type: 'session.end', reason: 'transport_error' });
    await typist.close();
  });

  it('that floods the data channel with page messages is disconnected', async () => {
    const visitor = await relay.begin();
    await visitor.until(() => visitor.log.includes('open'));
    for (let i = 0; i < 6000; i++) visitor.connection.sendText('{"type":"speech_start","pageMs":1}');
    await visitor.ended();
    expect(visitor.sessionWarnings).toEqual(['page_flood']);
    expect(visitor.endReason).toBe('transport_error');
  });

  it('that sends malformed Opus gets a warning and stays', async () => {
    const visitor = await relay.begin();
    const { ssrc } = visitor.connection.audio;
    for (let i = 0; i < 20; i++) {
      visitor.connection.sendRtp(rtpPacket(ssrc, i, new Uint8Array(48).fill(0xff)));
    }
    await visitor.proveAlive();
    expect(visitor.sessionWarnings).toEqual(['malformed_opus']);
    await visitor.hangUp();
  });
});

/** A visitor that uses the native library directly. */
class RawVisitor {
  readonly channel: DataChannel;
  readonly #peer: NativePeer;
  readonly #track: Track;
  readonly #lease: WebRtcLease;
  #closings = 0;

  private constructor(lease: WebRtcLease, peer: NativePeer, track: Track) {
    this.#lease = lease;
    this.#peer = peer;
    this.#track = track;
    this.channel = peer.createDataChannel('hzrelay');
    for (const native of [track, this.channel]) native.onClosed(() => this.#closings++);
  }

  static async connect(): Promise<RawVisitor> {
    const lease = leaseWebRtc();
    const { Audio, PeerConnection: Peer } = await lease.load();
    const peer = new Peer('raw', { iceServers: [], bindAddress: '127.0.0.1' });
    const audio = new Audio('0', 'SendRecv');
    audio.addOpusCodec(111);
    const raw = new RawVisitor(lease, peer, peer.addTrack(audio));
    const isOpen = new Promise<void>((resolve) => raw.channel.onOpen(resolve));
    const { json } = await relay.postOffer(peer.localDescription()!.sdp);
    peer.setRemoteDescription(json.sdp!, 'answer');
    await isOpen;
    await eventually(() => relay.sessions.length === 2);
    return raw;
  }

  async leave(): Promise<void> {
    this.#peer.close();
    await eventually(() => this.#closings === 2);
    // Keeps both referenced until here, so that neither is garbage-collected earlier.
    for (const native of [this.#track, this.channel]) native.close();
    await this.#lease.release();
  }
}

/** A visitor in its own process, which runs the built code and can be killed. */
class KilledVisitor {
  readonly connected: Promise<void>;
  readonly #child;
  readonly #exit: Promise<unknown>;

  constructor() {
    const dist = new URL('../../dist/', import.meta.url);
    const at = (path: string): string => JSON.stringify(fileURLToPath(new URL(path, dist)));
    const program = `
      import { systemClock } from ${at('core/clock.js')};
      import { offerConnection } from ${at('transport/webrtc/offering-peer.js')};
      const { offer, accept, connection } = await offerConnection({ clock: systemClock, bindAddress: '127.0.0.1' });
      const response = await fetch(${JSON.stringify(`${relay.light.url}/webrtc/offer`)}, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ type: 'offer', sdp: offer }),
      });
      accept((await response.json()).sdp);
      await connection.connected;
      connection.start({
        onRtp: () => undefined,
        onChannelOpen: () => undefined,
        onEnd: () => undefined,
        // A page answers clock synchronisation.
        onText: (text) => {
          const { type, id } = JSON.parse(text);
          if (type !== 'sync') return;
          connection.sendText(JSON.stringify({ type, id, receivedPageMs: 1, sentPageMs: 1 }));
          console.log('connected');
        },
      });
      setInterval(() => connection.sendRtp(new Uint8Array(60)), 20);
    `;
    this.#child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#exit = once(this.#child, 'exit');
    this.connected = once(createInterface({ input: this.#child.stdout }), 'line').then(() => undefined);
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exit;
  }
}
