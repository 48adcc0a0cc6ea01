import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { TransportError } from '../../core/errors.js';
import { eventually, PeerRecorder, rtpPacket, settle } from '../../../test/harness/peer-recorder.js';
import { webRtcUnused } from '../../../test/harness/webrtc-unused.js';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import { answerOffer } from './answering-peer.js';
import { resolveWebRtcOptions, type WebRtcOptions } from './ice-options.js';
import { leaseWebRtc, webRtcUse, type WebRtcLease } from './native-webrtc.js';
import { readOffer, type Offer } from './offer.js';
import { offerConnection, type OfferedConnection } from './offering-peer.js';
import { ForeignMachineError } from './peer-connection.js';
import { ThisMachine, type Machine } from './this-machine.js';

let lease: WebRtcLease;
const open: { close(): void }[] = [];

afterEach(() => {
  for (const connection of open.splice(0)) connection.close();
});
beforeAll(async () => {
  await webRtcUnused();
  lease = leaseWebRtc();
});
afterAll(() => lease.release());

function read(sdp: string): Offer {
  const reading = readOffer(sdp);
  if (!reading.ok) throw new Error(reading.problem.message);
  return reading.offer;
}

async function offer(clock = new VirtualClock()): Promise<OfferedConnection> {
  const offered = await offerConnection({ clock, bindAddress: '127.0.0.1', withChannel: false });
  open.push(offered.connection);
  return offered;
}

async function answer(
  sdp: string,
  options?: WebRtcOptions,
  clock = new VirtualClock(),
  machine: Machine = new ThisMachine(),
) {
  const webrtc = resolveWebRtcOptions(options, true, []);
  const answered = await answerOffer(read(sdp), { clock, webrtc, machine });
  open.push(answered.connection);
  return answered;
}

/** Addresses of the host candidates. */
function addressesOf(sdp: string): string[] {
  return [...sdp.matchAll(/^a=candidate:\S+ 1 UDP \d+ (\S+) \d+ typ host/gm)].map(
    ([, address = '']) => address,
  );
}

/** Ports of the host candidates. */
function portsOf(sdp: string): number[] {
  return [...sdp.matchAll(/^a=candidate:\S+ 1 UDP \d+ \S+ (\d+) typ host/gm)].map(([, port]) => Number(port));
}

const loopback = {
  address: '127.0.0.1',
  netmask: '255.0.0.0',
  family: 'IPv4',
  mac: '00:00:00:00:00:00',
  internal: true,
  cidr: '127.0.0.1/8',
} as const;

const video = [
  'm=video 9 UDP/TLS/RTP/SAVPF 96 97',
  'c=IN IP4 0.0.0.0',
  'a=mid:video',
  'a=sendrecv',
  'a=rtcp-mux',
  'a=rtpmap:96 VP8/90000',
  'a=rtcp-fb:96 nack pli',
  'a=rtpmap:97 rtx/90000',
  'a=fmtp:97 apt=96',
  '',
].join('\r\n');

describe('an answer', () => {
  it('offers only Opus, in mono with error correction, from one source with its own stream', async () => {
    const { offer: sdp } = await offer();
    const { answer: answered, connection } = await answer(sdp);
    expect(answered.match(/^a=rtpmap.*/gm)).toEqual(['a=rtpmap:111 opus/48000/2']);
    expect(answered).toMatch(/^a=fmtp:111 .*stereo=0;.*useinbandfec=1/m);
    expect(answered).toContain(`a=ssrc:${connection.audio.ssrc} msid:`);
    expect(answered).not.toContain('a=extmap');
  });

  it('fails with a message without control characters', async () => {
    const { offer: sdp } = await offer();
    const hostile = sdp.replace(/sha-256 .*/, 'sha-256 \u001b[2J');
    await expect(answer(hostile)).rejects.toThrow(/^[^\p{Cc}]*fingerprint[^\p{Cc}]*$/u);
  });

  it('uses the payload type of the offer', async () => {
    const { offer: sdp } = await offer();
    const { answer: answered, connection } = await answer(sdp.replaceAll('111', '96'));
    expect(connection.audio.payloadType).toBe(96);
    expect(answered).toContain('a=rtpmap:96 opus/48000/2');
  });

  it('rejects video, and the call still connects', async () => {
    const { offer: sdp, connection: calling } = await offer();
    const { answer: answered } = await answer(sdp + video);
    expect(answered.match(/^m=\w+ \d+/gm)?.[1]).toBe('m=video 0');
    expect(answered).toMatch(/^a=group:BUNDLE audio\r?$/m);
    expect(calling.hasChannel).toBe(false);
  });

  it('uses a port of the range', async () => {
    const first = await offer();
    const second = await offer();
    const ports = [
      await answer(first.offer, { portRange: [45_320, 45_329] }),
      await answer(second.offer, { portRange: [45_320, 45_329] }),
    ].flatMap(({ answer: answered }) => portsOf(answered));
    expect(new Set(ports).size).toBe(2);
    for (const port of ports) expect(port >= 45_320 && port <= 45_329).toBe(true);
  });

  it('of a relay for this machine only lists loopback first, then its network addresses, which Firefox needs', async () => {
    const { offer: sdp } = await offer();
    const { answer: answered } = await answer(sdp);
    const [first, ...others] = addressesOf(answered);
    expect(first).toBe('127.0.0.1');
    const own = new ThisMachine();
    expect(others.length > 0).toBe(own.hasNetwork);
    expect(others.filter((address) => !own.has(address) || address.startsWith('127.'))).toEqual([]);
    expect(new Set(portsOf(answered)).size).toBe(1);
  });

  it('lists only loopback if the machine has no network, and connects there', async () => {
    const offered = await offer();
    const alone = new ThisMachine({ lo: [loopback] });
    const { answer: answered, connection } = await answer(offered.offer, undefined, undefined, alone);
    expect(addressesOf(answered)).toEqual(['127.0.0.1']);
    offered.accept(answered);
    expect(await Promise.all([offered.connection.connected, connection.connected])).toEqual([true, true]);
  });

  it('does not connect a browser of another machine if only this machine is served', async () => {
    const offered = await offer();
    const elsewhere = { hasNetwork: true, has: () => false, isAttachedTo: () => true };
    const { answer: answered, connection } = await answer(offered.offer, undefined, undefined, elsewhere);
    offered.accept(answered);
    expect(await connection.connected).toBe(false);
    expect(connection.failure).toBeInstanceOf(ForeignMachineError);
    expect(connection.failure?.message).toMatch(/at 127\.0\.0\.1, on another machine.*--webrtc-bind/);
  });

  it('connects it if the relay was given an address for it', async () => {
    const offered = await offer();
    const elsewhere = { hasNetwork: true, has: () => false, isAttachedTo: () => true };
    const options = { bindAddress: '127.0.0.1', advertisedAddress: '127.0.0.1' };
    const { answer: answered, connection } = await answer(offered.offer, options, undefined, elsewhere);
    offered.accept(answered);
    expect(await connection.connected).toBe(true);
  });

  it('sends checks only to the first eight addresses of an offer', async () => {
    const sockets = Array.from({ length: 12 }, () => createSocket('udp4'));
    const packets = sockets.map(() => 0);
    const repeated = new Promise<void>((resolve) => {
      for (const [index, socket] of sockets.entries()) {
        socket.on('message', () => {
          packets[index] = (packets[index] ?? 0) + 1;
          // A check is repeated after half a second: by then every other address has been checked.
          if (packets[0] === 2) resolve();
        });
        socket.bind(0, '127.0.0.1');
      }
    });
    await Promise.all(sockets.map((socket) => once(socket, 'listening')));
    const { offer: sdp, connection: calling } = await offer();
    calling.close();
    const named = sockets.map(
      (socket, index) => `a=candidate:${index} 1 UDP 1 127.0.0.1 ${socket.address().port} typ host\r\n`,
    );
    const clock = new VirtualClock();
    await answer(sdp.replace(/^a=candidate.*\r\n/gm, '') + named.join(''), undefined, clock);
    clock.advance(150);
    await repeated;
    for (const socket of sockets) socket.close();
    expect(packets.map((count) => count > 0)).toEqual(packets.map((_, index) => index < 8));
  });

  it('lists the advertised address', async () => {
    const { offer: sdp } = await offer();
    const { answer: answered } = await answer(sdp, {
      bindAddress: '127.0.0.1',
      advertisedAddress: '203.0.113.9',
    });
    expect(answered).toMatch(/^a=candidate:.* 203\.0\.113\.9 \d+ typ host/m);
    expect(answered).not.toContain('127.0.0.1 ');
  });

  it('does not wait for a silent STUN server', async () => {
    const clock = new VirtualClock();
    const { offer: sdp } = await offer();
    // The discard port: no answer comes from there.
    const answering = answer(sdp, { bindAddress: '127.0.0.1', iceServers: ['stun:127.0.0.1:9'] }, clock);
    await eventually(() => clock.pendingTimers === 2);
    clock.advance(2000);
    expect(portsOf((await answering).answer)).toHaveLength(1);
  });

  it('connects without the offerer’s candidates, and uses them after 150 ms if needed', async () => {
    const clock = new VirtualClock();
    const offered = await offer(clock);
    // Without the relay's candidates the offerer cannot check on its own: only its own candidates can help.
    const { answer: answered, connection } = await answer(offered.offer, undefined, clock);
    offered.accept(answered.replace(/^a=candidate.*\r\n/gm, ''));
    let isUp = false;
    void connection.connected.then(() => (isUp = true));
    clock.advance(149);
    await settle();
    expect(isUp).toBe(false);
    clock.advance(1);
    expect(await connection.connected).toBe(true);
  });

  it('connects twenty callers at once', async () => {
    const calls = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const offered = await offer();
        const { answer: answered, connection } = await answer(offered.offer);
        offered.accept(answered);
        const relay = new PeerRecorder();
        connection.start(relay);
        return { calling: offered.connection, connection, relay };
      }),
    );
    const up = await Promise.all(
      calls.flatMap(({ calling, connection }) => [calling.connected, connection.connected]),
    );
    expect(up).toEqual(Array.from({ length: 40 }, () => true));
    for (const [index, { calling }] of calls.entries()) calling.sendRtp(rtpPacket(calling.audio.ssrc, index));
    await Promise.all(calls.map(({ relay }) => relay.until(() => relay.packets.length > 0)));
    expect(calls.map(({ relay }) => relay.packets.map((packet) => packet[3]))).toEqual(
      calls.map((_, index) => [index]),
    );
  });
});

describe('an offer that cannot be answered', () => {
  it.each([
    ['an invalid fingerprint', (sdp: string) => sdp.replace(/sha-256 .*/, 'sha-256 zz')],
    ['a fingerprint of an unknown kind', (sdp: string) => sdp.replace('sha-256', 'crc-32')],
  ])('with %s is a TransportError and leaves nothing open', async (_what, spoil) => {
    const { offer: sdp, connection } = await offer();
    connection.close();
    const clock = new VirtualClock();
    const webrtc = resolveWebRtcOptions(undefined, true, []);
    const thrown: unknown = await answerOffer(read(spoil(sdp)), { clock, webrtc }).catch(
      (error: unknown) => error,
    );
    expect(thrown).toBeInstanceOf(TransportError);
    await eventually(() => webRtcUse().nativeObjects === 0);
    expect(webRtcUse()).toEqual({ leases: 1, nativeObjects: 0 });
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('an invalid answer', () => {
  it('is a TransportError and closes the offering connection', async () => {
    const offered = await offer();
    const caller = new PeerRecorder();
    offered.connection.start(caller);
    expect(() => offered.accept('not found')).toThrow(TransportError);
    expect(caller.ends).toHaveLength(1);
  });
});
