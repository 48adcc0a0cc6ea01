import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { TransportError } from '../../errors.js';
import { eventually, PeerRecorder, rtpPacket, settle } from '../../testing/peer-recorder.js';
import { VirtualClock } from '../../testing/virtual-clock.js';
import { answerOffer } from './answering-peer.js';
import { resolveWebRtcOptions, type WebRtcOptions } from './ice-options.js';
import { leaseWebRtc, webRtcUse } from './native-webrtc.js';
import { readOffer, type Offer } from './offer.js';
import { offerConnection, type OfferedConnection } from './offering-peer.js';

const lease = leaseWebRtc();
const open: { close(): void }[] = [];

afterEach(() => {
  for (const connection of open.splice(0)) connection.close();
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

async function answer(sdp: string, options?: WebRtcOptions, clock = new VirtualClock()) {
  const answered = await answerOffer(read(sdp), { clock, webrtc: resolveWebRtcOptions(options, true, []) });
  open.push(answered.connection);
  return answered;
}

/** Ports of the host candidates. */
function portsOf(sdp: string): number[] {
  return [...sdp.matchAll(/^a=candidate:\S+ 1 UDP \d+ \S+ (\d+) typ host/gm)].map(([, port]) => Number(port));
}

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
  it('speaks Opus alone, in mono with error correction, from one source with a stream of its own', async () => {
    const { offer: sdp } = await offer();
    const { answer: answered, connection } = await answer(sdp);
    expect(answered.match(/^a=rtpmap.*/gm)).toEqual(['a=rtpmap:111 opus/48000/2']);
    expect(answered).toMatch(/^a=fmtp:111 .*stereo=0;.*useinbandfec=1/m);
    expect(answered).toContain(`a=ssrc:${connection.audio.ssrc} msid:`);
    expect(answered).not.toContain('a=extmap');
  });

  it('that cannot be given is explained in words that steer no terminal', async () => {
    const { offer: sdp } = await offer();
    const hostile = sdp.replace(/sha-256 .*/, 'sha-256 \u001b[2J');
    await expect(answer(hostile)).rejects.toThrow(/^[^\p{Cc}]*fingerprint[^\p{Cc}]*$/u);
  });

  it('takes over the payload type of the offer', async () => {
    const { offer: sdp } = await offer();
    const { answer: answered, connection } = await answer(sdp.replaceAll('111', '96'));
    expect(connection.audio.payloadType).toBe(96);
    expect(answered).toContain('a=rtpmap:96 opus/48000/2');
  });

  it('refuses video, and the call stands all the same', async () => {
    const { offer: sdp, connection: calling } = await offer();
    const { answer: answered } = await answer(sdp + video);
    expect(answered.match(/^m=\w+ \d+/gm)?.[1]).toBe('m=video 0');
    expect(answered).toMatch(/^a=group:BUNDLE audio\r?$/m);
    expect(calling.hasChannel).toBe(false);
  });

  it('comes from a port of the range', async () => {
    const first = await offer();
    const second = await offer();
    const ports = [
      await answer(first.offer, { portRange: [45_320, 45_329] }),
      await answer(second.offer, { portRange: [45_320, 45_329] }),
    ].flatMap(({ answer: answered }) => portsOf(answered));
    expect(new Set(ports).size).toBe(2);
    for (const port of ports) expect(port >= 45_320 && port <= 45_329).toBe(true);
  });

  it('names the advertised address', async () => {
    const { offer: sdp } = await offer();
    const { answer: answered } = await answer(sdp, {
      bindAddress: '127.0.0.1',
      advertisedAddress: '203.0.113.9',
    });
    expect(answered).toMatch(/^a=candidate:.* 203\.0\.113\.9 \d+ typ host/m);
    expect(answered).not.toContain('127.0.0.1 ');
  });

  it('does not wait for a STUN server that keeps silent', async () => {
    const clock = new VirtualClock();
    const { offer: sdp } = await offer();
    // Discard: nobody answers there.
    const answering = answer(sdp, { bindAddress: '127.0.0.1', iceServers: ['stun:127.0.0.1:9'] }, clock);
    await eventually(() => clock.pendingTimers === 2);
    clock.advance(2000);
    expect(portsOf((await answering).answer)).toHaveLength(1);
  });

  it('comes about without the offerer’s candidates, and takes them 150 ms later where that is not enough', async () => {
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

  it('reaches twenty callers at once, each its own', async () => {
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
    ['a fingerprint that is none', (sdp: string) => sdp.replace(/sha-256 .*/, 'sha-256 zz')],
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

describe('an answer that is none', () => {
  it('is a TransportError and closes the offering connection', async () => {
    const offered = await offer();
    const caller = new PeerRecorder();
    offered.connection.start(caller);
    expect(() => offered.accept('not found')).toThrow(TransportError);
    expect(caller.ends).toHaveLength(1);
  });
});
