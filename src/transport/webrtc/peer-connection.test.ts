import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { TransportError } from '../../core/errors.js';
import { eventually, PeerRecorder, rtpPacket } from '../../../test/harness/peer-recorder.js';
import { webRtcUnused } from '../../../test/harness/webrtc-unused.js';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import { answerOffer } from './answering-peer.js';
import { resolveWebRtcOptions, type WebRtcOptions } from './ice-options.js';
import { leaseWebRtc, webRtcUse, type WebRtcLease, type WebRtcLibrary } from './native-webrtc.js';
import { readOffer, type Offer } from './offer.js';
import { offerConnection, type OfferOptions } from './offering-peer.js';
import type { PeerConnection } from './peer-connection.js';

let lease: WebRtcLease;
let library: WebRtcLibrary;
const open: PeerConnection[] = [];

beforeAll(async () => {
  await webRtcUnused();
  lease = leaseWebRtc();
  library = await lease.load();
});
afterEach(() => {
  for (const connection of open.splice(0)) connection.close();
});
afterAll(() => lease.release());

function read(sdp: string): Offer {
  const reading = readOffer(sdp);
  if (!reading.ok) throw new Error(reading.problem.message);
  return reading.offer;
}

interface PairOptions {
  readonly caller?: Partial<OfferOptions>;
  readonly relay?: WebRtcOptions;
  /** Changes the answer on its way. */
  readonly munge?: (answer: string) => string;
}

/** A caller and the relay's end, connected over loopback, both started. */
async function connect({
  caller: callerOptions,
  relay: relayOptions,
  munge = (sdp) => sdp,
}: PairOptions = {}) {
  const clock = new VirtualClock();
  const offered = await offerConnection({ clock, bindAddress: '127.0.0.1', ...callerOptions });
  open.push(offered.connection);
  const offer = read(offered.offer);
  const webrtc = resolveWebRtcOptions(relayOptions, true, []);
  const answered = await answerOffer(offer, { clock, webrtc });
  open.push(answered.connection);
  const caller = Object.assign(new PeerRecorder(), { connection: offered.connection });
  const relay = Object.assign(new PeerRecorder(), { connection: answered.connection });
  offered.connection.start(caller);
  answered.connection.start(relay);
  offered.accept(munge(answered.answer));
  expect(await Promise.all([offered.connection.connected, answered.connection.connected])).toEqual([
    true,
    true,
  ]);
  if (answered.connection.hasChannel) {
    await Promise.all([caller, relay].map((end) => end.until(() => end.log.includes('open'))));
  }
  return { clock, caller, relay, answer: answered.answer };
}

type Pair = Awaited<ReturnType<typeof connect>>;

/** Resolves when no native object is left. */
async function nativeObjectsClosed(): Promise<void> {
  await eventually(() => webRtcUse().nativeObjects === 0);
}

function sendRtp(from: Pair['caller'], sequence: number): boolean {
  return from.connection.sendRtp(rtpPacket(from.connection.audio.ssrc, sequence));
}

describe('a connection', () => {
  it('carries RTP both ways, packet by packet', async () => {
    const { caller, relay } = await connect();
    for (let sequence = 0; sequence < 20; sequence++) {
      expect(sendRtp(caller, sequence)).toBe(true);
      expect(sendRtp(relay, sequence)).toBe(true);
    }
    await relay.until(() => relay.packets.length === 20);
    await caller.until(() => caller.packets.length === 20);
    const sent = (end: Pair['caller']) =>
      Array.from({ length: 20 }, (_, sequence) =>
        Buffer.from(rtpPacket(end.connection.audio.ssrc, sequence)),
      );
    expect(relay.packets.map((packet) => Buffer.from(packet))).toEqual(sent(caller));
    expect(caller.packets.map((packet) => Buffer.from(packet))).toEqual(sent(relay));
  });

  it('carries text both ways, in order and unchanged', async () => {
    const { caller, relay } = await connect();
    const texts = ['', 'héllo €😀', 'x'.repeat(65_536), '{"type":"bye"}'];
    for (const text of texts) {
      expect(caller.connection.sendText(text)).toBe(true);
      expect(relay.connection.sendText(text)).toBe(true);
    }
    await relay.until(() => relay.texts.length === 4);
    await caller.until(() => caller.texts.length === 4);
    expect(relay.texts).toEqual(texts);
    expect(caller.texts).toEqual(texts);
  });

  it('counts sent and received messages, so that both ends can be compared', async () => {
    const { caller, relay } = await connect();
    sendRtp(caller, 1);
    caller.connection.sendText('one');
    relay.connection.sendText('two');
    await relay.until(() => relay.packets.length === 1 && relay.texts.length === 1);
    await caller.until(() => caller.texts.length === 1);
    expect(caller.connection.wire).toEqual({ sent: 2, received: 1 });
    expect(relay.connection.wire).toEqual({ sent: 1, received: 2 });
  });

  it('holds early messages until the start, in order', async () => {
    const { caller, relay } = await connectUnstarted();
    await caller.until(() => caller.log.includes('open'));
    for (let sequence = 0; sequence < 5; sequence++) sendRtp(caller, sequence);
    caller.connection.sendText('early');
    await eventually(() => relay.connection.wire.received === 6);
    relay.connection.start(relay);
    expect(relay.packets.map((packet) => packet[3])).toEqual([0, 1, 2, 3, 4]);
    expect(relay.texts).toEqual(['early']);
    expect(relay.log).toContain('open');
  });

  it('has no data channel if the offer has none', async () => {
    const { caller, relay } = await connect({ caller: { withChannel: false } });
    expect(relay.connection.hasChannel).toBe(false);
    expect(relay.connection.sendText('never sent')).toBe(false);
    sendRtp(caller, 7);
    await relay.until(() => relay.packets.length === 1);
  });

  it('only sends if the caller only listens', async () => {
    const { caller, relay, answer } = await connect({ caller: { direction: 'recvonly' } });
    expect(answer).toContain('a=sendonly');
    expect(relay.connection.audio).toMatchObject({ sends: true, receives: false, payloadType: 111 });
    sendRtp(relay, 3);
    await caller.until(() => caller.packets.length === 1);
  });

  it('only receives if the caller only speaks', async () => {
    const { caller, relay, answer } = await connect({ caller: { direction: 'sendonly' } });
    expect(answer).toContain('a=recvonly');
    expect(relay.connection.audio).toMatchObject({ sends: false, receives: true });
    sendRtp(caller, 3);
    await relay.until(() => relay.packets.length === 1);
  });

  it('passes on no RTCP', async () => {
    const { caller, relay } = await connect();
    const report = rtpPacket(caller.connection.audio.ssrc, 1);
    for (const type of [192, 200, 201, 223]) {
      report[1] = type;
      caller.connection.sendRtp(report);
    }
    sendRtp(caller, 9);
    await relay.until(() => relay.packets.length > 0);
    expect(relay.packets.map((packet) => packet[1])).toEqual([111]);
  });

  /** As {@link connect}, but the relay's end is not started. */
  async function connectUnstarted() {
    const clock = new VirtualClock();
    const offered = await offerConnection({ clock, bindAddress: '127.0.0.1' });
    const answered = await answerOffer(read(offered.offer), {
      clock,
      webrtc: resolveWebRtcOptions(undefined, true, []),
    });
    open.push(offered.connection, answered.connection);
    const caller = Object.assign(new PeerRecorder(), { connection: offered.connection });
    const relay = Object.assign(new PeerRecorder(), { connection: answered.connection });
    offered.connection.start(caller);
    offered.accept(answered.answer);
    await offered.connection.connected;
    return { caller, relay };
  }
});

/** Sent right before a connection closes: how many arrive depends on the library's threads. */
const words = Array.from({ length: 100 }, (_, index) => String(index));

describe('the end of a connection', () => {
  it('comes once at each end when the relay hangs up, after the last messages that arrived', async () => {
    const { caller, relay } = await connect();
    for (const word of words) relay.connection.sendText(word);
    relay.connection.close();
    relay.connection.close();
    expect(relay.ends).toEqual([{ reason: 'closed', cause: undefined }]);
    await caller.ended();
    expect(caller.texts).toEqual(words.slice(0, caller.texts.length));
    expect(caller.log.at(-1)).toBe('end');
    await nativeObjectsClosed();
    expect(relay.ends).toHaveLength(1);
    expect(caller.ends).toEqual([{ reason: 'hangup', cause: undefined }]);
  });

  it('comes once at each end when the caller hangs up, after the last messages that arrived', async () => {
    const { caller, relay } = await connect();
    for (const word of words) caller.connection.sendText(word);
    caller.connection.close();
    await relay.ended();
    expect(relay.texts).toEqual(words.slice(0, relay.texts.length));
    expect(relay.log.at(-1)).toBe('end');
    await nativeObjectsClosed();
    expect(relay.ends).toEqual([{ reason: 'hangup', cause: undefined }]);
    expect(caller.ends).toEqual([{ reason: 'closed', cause: undefined }]);
  });

  it('comes when both hang up at the same time', async () => {
    const { caller, relay } = await connect();
    caller.connection.close();
    relay.connection.close();
    await nativeObjectsClosed();
    expect([caller.ends, relay.ends].map((ends) => ends.map(({ reason }) => reason))).toEqual([
      ['closed'],
      ['closed'],
    ]);
  });

  it('is reported to a listener that starts later', async () => {
    const { connection } = await offerConnection({ clock: new VirtualClock(), withChannel: false });
    connection.close();
    const late = new PeerRecorder();
    connection.start(late);
    expect(late.log).toEqual(['end']);
    expect(late.ends[0]?.reason).toBe('closed');
  });

  it('makes later sends a no-op', async () => {
    const { caller, relay } = await connect();
    relay.connection.close();
    expect(sendRtp(relay, 1)).toBe(false);
    expect(relay.connection.sendText('late')).toBe(false);
    expect(relay.connection.bufferedBytes).toBe(0);
    await caller.ended();
    expect(sendRtp(caller, 1)).toBe(false);
    expect(caller.connection.sendText('late')).toBe(false);
  });

  it('may be caused within a delivery', async () => {
    const { caller, relay } = await connect();
    relay.onText = () => relay.connection.close();
    caller.connection.sendText('go');
    await relay.ended();
    await caller.ended();
    expect(relay.ends).toHaveLength(1);
  });

  it('comes by itself, as a failure, if no connection is established', async () => {
    const clock = new VirtualClock();
    const { offer, connection: calling } = await offerConnection({ clock, withChannel: false });
    const webrtc = resolveWebRtcOptions({ connectTimeoutMs: 4000 }, true, []);
    const { connection } = await answerOffer(read(offer), { clock, webrtc });
    open.push(calling, connection);
    const relay = new PeerRecorder();
    connection.start(relay);
    clock.advance(3999);
    expect(relay.ends).toEqual([]);
    clock.advance(1);
    expect(relay.ends).toEqual([{ reason: 'failed', cause: expect.any(TransportError) }]);
    expect(await connection.connected).toBe(false);
    calling.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it('leaves nothing behind', async () => {
    const pairs = await Promise.all(Array.from({ length: 5 }, () => connect()));
    expect(webRtcUse().nativeObjects).toBeGreaterThan(0);
    for (const [index, { caller, relay }] of pairs.entries()) {
      (index % 2 ? caller : relay).connection.close();
    }
    await Promise.all(pairs.flatMap(({ caller, relay }) => [caller.ended(), relay.ended()]));
    await nativeObjectsClosed();
    expect(webRtcUse()).toEqual({ leases: 1, nativeObjects: 0 });
    expect(pairs.map(({ clock }) => clock.pendingTimers)).toEqual([0, 0, 0, 0, 0]);
  });
});

describe('a misbehaving caller', () => {
  it('is warned of once for each kind of unusable message', async () => {
    const munge = (answer: string) => answer.replace(/max-message-size:\d+/, 'max-message-size:1000000');
    const { caller, relay } = await connect({
      caller: { maxMessageBytes: 1_000_000 },
      relay: { maxMessageBytes: 2000 },
      munge,
    });
    for (const length of [2001, 2000, 100_000]) caller.connection.sendText('x'.repeat(length));
    caller.connection.sendText('done');
    await relay.until(() => relay.texts.includes('done'));
    expect(relay.texts.map((text) => text.length)).toEqual([2000, 4]);
    expect(relay.warnings.map(({ code }) => code)).toEqual(['oversize_message']);
    expect(relay.connection.wire.received).toBe(4);
  });

  it('gets further data channels closed, and keeps the first', async () => {
    const { relay, channels, hangUp } = await connectRaw(['other', 'hzrelay', 'hzrelay']);
    await relay.until(() => relay.log.includes('open') && relay.warnings.length > 0);
    await eventually(() => channels.filter((channel) => channel.isOpen()).length === 1);
    const kept = channels.find((channel) => channel.isOpen());
    expect(kept?.getLabel()).toBe('hzrelay');
    kept?.sendMessageBinary(Buffer.from([1, 2, 3]));
    kept?.sendMessage('text');
    await relay.until(() => relay.texts.length > 0);
    expect(relay.texts).toEqual(['text']);
    expect(relay.warnings.map(({ code }) => code)).toEqual(['foreign_channel', 'binary_message']);
    await hangUp();
  });

  it('ends its call by closing the data channel alone', async () => {
    const { relay, channels, hangUp } = await connectRaw(['hzrelay']);
    await relay.until(() => relay.log.includes('open'));
    channels[0]?.close();
    await relay.ended();
    expect(relay.ends).toEqual([{ reason: 'hangup', cause: undefined }]);
    await hangUp();
  });

  it('ends its call by closing the data channel as soon as it opens', async () => {
    for (let round = 0; round < 5; round++) {
      const { relay, channels, hangUp } = await connectRaw(['hzrelay']);
      channels[0]?.onOpen(() => channels[0]?.close());
      await relay.ended();
      expect(relay.ends.map(({ reason }) => reason)).toEqual(['hangup']);
      await hangUp();
    }
  });

  /** A caller without restrictions: the native library itself. */
  async function connectRaw(labels: readonly string[]) {
    const peer = new library.PeerConnection('raw', {
      iceServers: [],
      bindAddress: '127.0.0.1',
      disableAutoNegotiation: true,
    });
    const audio = new library.Audio('0', 'SendRecv');
    audio.addOpusCodec(111);
    const track = peer.addTrack(audio);
    const channels = labels.map((label) => peer.createDataChannel(label));
    let closings = 0;
    for (const native of [track, ...channels]) native.onClosed(() => closings++);
    peer.setLocalDescription('offer');
    const { answer, connection } = await answerOffer(read(peer.localDescription()!.sdp), {
      clock: new VirtualClock(),
      webrtc: resolveWebRtcOptions(undefined, true, []),
    });
    open.push(connection);
    const relay = new PeerRecorder();
    connection.start(relay);
    peer.setRemoteDescription(answer, 'answer');
    const hangUp = async (): Promise<void> => {
      peer.close();
      await relay.ended();
      await eventually(() => closings > channels.length);
      // Used until here, so that none is collected earlier.
      for (const native of [track, ...channels]) native.close();
    };
    return { relay, channels, hangUp };
  }
});
