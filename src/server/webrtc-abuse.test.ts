import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { SessionEvent } from '../events/session-event.js';
import type { Session } from '../session/session.js';
import { KeepingEar, LightRelay, lightSession } from '../testing/light-relay.js';
import { eventually, opusSilence, PeerRecorder, rtpPacket, settle } from '../testing/peer-recorder.js';
import { leaseWebRtc, webRtcUse } from '../transport/webrtc/native-webrtc.js';
import type { WebRtcTransport } from '../transport/webrtc/webrtc-transport.js';
import { offerConnection, type OfferOptions } from '../transport/webrtc/offering-peer.js';
import type { PeerConnection } from '../transport/webrtc/peer-connection.js';
import type { RelayOptions } from './relay-options.js';

let light: LightRelay;
let bystander: Visitor;

/** A session for browsers that needs no worker and speaks only when it is told to. */
const session = () => ({ ...lightSession(new KeepingEar()), inbound: { type: 'webrtc' } as const });

async function start(options: Partial<RelayOptions> = {}): Promise<void> {
  light = await LightRelay.start({ session, ...options });
  bystander = await Visitor.begin();
}

beforeEach(() => start());

// Whatever a test did, the call that was there before goes on, and in the end nothing is left.
afterEach(async () => {
  await bystander.proveAlive();
  expect(bystander.session?.state).not.toBe('ended');
  await bystander.hangUp();
  await eventually(() => light.relay.sessions.length === 0);
  await light.close();
  expect(light.clock.pendingTimers).toBe(0);
  await eventually(() => webRtcUse().nativeObjects === 0);
  expect(webRtcUse()).toEqual({ leases: 0, nativeObjects: 0 });
});

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly json: {
    readonly id?: string;
    readonly callId?: string;
    readonly sdp?: string;
    readonly error?: string;
  };
}

async function post(body: string, contentType = 'application/json'): Promise<Answer> {
  const response = await fetch(`${light.url}/webrtc/offer`, {
    method: 'POST',
    headers: { 'content-type': contentType },
    body,
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
  return {
    status: response.status,
    headers: response.headers,
    json: (isJson ? JSON.parse(text) : { sdp: text }) as Answer['json'],
  };
}

const postOffer = (sdp: string): Promise<Answer> => post(JSON.stringify({ type: 'offer', sdp }));

async function remove(id: string): Promise<number> {
  return (await fetch(`${light.url}/webrtc/${id}`, { method: 'DELETE' })).status;
}

/** Offers a call with an offer that nobody will connect. */
async function anOffer(): Promise<string> {
  const { offer, connection } = await offerConnection({ clock: light.clock, withChannel: false });
  connection.close();
  return offer;
}

/** A caller that can do what no page does. */
class Visitor extends PeerRecorder {
  readonly connection: PeerConnection;
  readonly answer: Answer;
  #typed = 0;
  #sequence = 0;

  private constructor(connection: PeerConnection, answer: Answer) {
    super();
    this.connection = connection;
    this.answer = answer;
    connection.start(this);
  }

  /** Offers a call; it comes up if the relay takes it. `munge` is what becomes of the answer. */
  static async offer(
    options: Partial<OfferOptions> = {},
    munge = (answer: string) => answer,
  ): Promise<Visitor> {
    const offered = await offerConnection({ clock: light.clock, bindAddress: '127.0.0.1', ...options });
    const answer = await postOffer(offered.offer);
    const visitor = new Visitor(offered.connection, answer);
    if (answer.json.sdp === undefined) offered.connection.close();
    else offered.accept(munge(answer.json.sdp));
    return visitor;
  }

  /** Offers a call and waits until its session has begun. */
  static async begin(...offer: Parameters<typeof Visitor.offer>): Promise<Visitor> {
    const visitor = await Visitor.offer(...offer);
    await eventually(() => visitor.events.length > 0);
    // The relay shows its page what happens: the channel is there at both ends.
    if (visitor.connection.hasChannel) await eventually(() => visitor.texts.length > 0);
    return visitor;
  }

  get session(): Session | undefined {
    return light.relay.sessions.find(({ transport }) => transport?.call.callId === this.answer.json.callId);
  }

  /** Of its session, as the relay's listeners get them. */
  get events(): SessionEvent[] {
    const start = light.events.find(
      (event) => event.type === 'session.start' && event.callId === this.answer.json.callId,
    );
    return start ? light.events.filter(({ sessionId }) => sessionId === start.sessionId) : [];
  }

  get sessionWarnings(): string[] {
    return this.events.flatMap((event) => (event.type === 'warning' ? [event.code] : []));
  }

  get endReason(): string | undefined {
    return this.events.flatMap((event) => (event.type === 'session.end' ? [event.reason] : []))[0];
  }

  /** Says something and is heard, and hears something that is said: both ways of the call work. */
  async proveAlive(): Promise<void> {
    const text = `still here ${++this.#typed}`;
    this.connection.sendText(JSON.stringify({ type: 'text', text }));
    await eventually(() =>
      this.events.some((event) => event.type === 'transcript.final' && event.text === text),
    );
    const heard = this.packets.length;
    let isSaid = false;
    void this.session?.speak('hello').then(() => (isSaid = true));
    await passUntil(() => isSaid && this.packets.length > heard);
  }

  /** Sends a packet of silence and waits until it is there. */
  async sendAudio(): Promise<void> {
    const { wire } = this.session!.transport as WebRtcTransport;
    const { received } = wire;
    this.connection.sendRtp(rtpPacket(this.connection.audio.ssrc, this.#sequence++, opusSilence));
    await eventually(() => (this.session?.transport as WebRtcTransport).wire.received > received);
  }

  async hangUp(): Promise<void> {
    this.connection.close();
    await eventually(() => this.endReason !== undefined);
  }
}

/** Time passes, in which the bystander goes on sending audio. */
async function pass(ms: number): Promise<void> {
  for (let passedMs = 0; passedMs < ms; passedMs += 1000) {
    await bystander.sendAudio();
    light.clock.advance(1000);
  }
}

/** The same, until the condition holds. */
async function passUntil(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await bystander.sendAudio();
    light.clock.advance(20);
  }
}

describe('an offer that cannot be taken', () => {
  it.each<[string, () => Promise<Answer>, number, RegExp]>([
    [
      'without audio',
      async () => postOffer((await anOffer()).replace('m=audio', 'm=image')),
      400,
      /no audio/,
    ],
    [
      'without Opus',
      async () => postOffer((await anOffer()).replace('opus/48000/2', 'G722/8000')),
      400,
      /Opus/,
    ],
    [
      'of inactive audio',
      async () => postOffer((await anOffer()).replace('sendrecv', 'inactive')),
      400,
      /inactive/,
    ],
    [
      'without encryption',
      async () => postOffer((await anOffer()).replace('a=fingerprint', 'a=x')),
      400,
      /fingerprint/,
    ],
    [
      'with a broken fingerprint',
      async () => postOffer((await anOffer()).replace(/sha-256 .*/, 'sha-256 x')),
      400,
      /answered/,
    ],
    ['of garbage', () => postOffer('\u0000garbage'), 400, /no session description/],
    ['of nothing', () => postOffer(''), 400, /no session description/],
    [
      'that is too long',
      async () => postOffer((await anOffer()) + 'a=x:y\r\n'.repeat(20_000)),
      400,
      /longer/,
    ],
    ['far too long', () => postOffer('v=0\r\n'.repeat(500_000)), 413, /./],
    [
      'with too many sections',
      async () => postOffer((await anOffer()) + 'm=video 9 X 96\r\n'.repeat(20)),
      400,
      /sections/,
    ],
    ['in broken JSON', () => post('{"type":"offer","sdp":'), 400, /./],
    ['that is an answer', () => post('{"type":"answer","sdp":"v=0"}'), 415, /Post an offer/],
    ['that is a number', () => post('{"type":"offer","sdp":7}'), 415, /Post an offer/],
    ['as plain text', () => post('v=0', 'text/plain'), 415, /./],
    ['as a form', () => post('type=offer&sdp=v%3D0', 'application/x-www-form-urlencoded'), 400, /./],
    ['as raw SDP that is none', () => post('hello', 'application/sdp'), 400, /no session description/],
    ['as raw SDP that is far too long', () => post('v=0\r\n'.repeat(50_000), 'application/sdp'), 413, /./],
  ])('%s is refused with the reason, and nothing comes of it', async (_what, offer, status, reason) => {
    const before = webRtcUse();
    const answer = await offer();
    expect({ status: answer.status, error: answer.json.error }).toEqual({
      status,
      error: expect.stringMatching(reason),
    });
    await eventually(() => webRtcUse().nativeObjects === before.nativeObjects);
    expect(webRtcUse()).toEqual(before);
    expect(light.relay.sessions).toHaveLength(1);
  });
});

describe('an unusual offer', () => {
  it('of a visitor who only listens gets a call', async () => {
    const visitor = await Visitor.begin({ direction: 'recvonly' });
    await visitor.proveAlive();
    await visitor.hangUp();
  });

  it('without a data channel gets a call', async () => {
    const visitor = await Visitor.begin({ withChannel: false });
    void visitor.session!.speak('hello');
    await passUntil(() => visitor.packets.length > 0);
    // Without a channel the native library tells nobody that it closes a connection.
    expect(await remove(visitor.answer.json.id!)).toBe(204);
    await eventually(() => visitor.endReason !== undefined);
    expect(visitor.endReason).toBe('hangup');
    visitor.connection.close();
  });
});

describe('many offers', () => {
  it('at once become as many calls, each with its own session', async () => {
    const visitors = await Promise.all(Array.from({ length: 49 }, () => Visitor.begin()));
    expect(new Set(visitors.map(({ session: own }) => own?.id)).size).toBe(49);
    await Promise.all(visitors.map((visitor) => visitor.hangUp()));
    expect(visitors.map(({ endReason }) => endReason)).toEqual(visitors.map(() => 'hangup'));
    await eventually(() => light.relay.sessions.length === 1);
  });

  it('beyond the limit are told to come back, and may when a place is free', async () => {
    await bystander.hangUp();
    await light.close();
    await start({ maxSessions: 3 });
    const visitors = await Promise.all(Array.from({ length: 8 }, () => Visitor.offer()));
    const taken = visitors.filter(({ answer }) => answer.status === 200);
    const refused = visitors.filter(({ answer }) => answer.status === 503);
    expect([taken.length, refused.length]).toEqual([2, 6]);
    expect(refused[0]?.answer.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(refused[0]?.answer.json.error).toContain('busy');
    await eventually(() => light.relay.sessions.length === 3);
    await taken[0]?.hangUp();
    await eventually(() => light.relay.sessions.length === 2);
    const next = await Visitor.begin();
    await next.hangUp();
    await taken[1]?.hangUp();
  });

  it('that never connect keep their places for fifteen seconds and no longer', async () => {
    await bystander.hangUp();
    await light.close();
    await start({ maxSessions: 3 });
    const offers = [await anOffer(), await anOffer(), await anOffer()];
    const statuses = async () => Promise.all(offers.map(async (offer) => (await postOffer(offer)).status));
    expect((await statuses()).sort()).toEqual([200, 200, 503]);
    await pass(15_000);
    await eventually(() => light.said.match(/no connection came about/g)?.length === 2);
    expect((await statuses()).sort()).toEqual([200, 200, 503]);
    await pass(15_000);
  });

  it('whose callers are gone before they are answered keep no place', async () => {
    // Nobody answers there, so that the relay's own answer takes its time.
    const slow = await LightRelay.start({ session, webrtc: { iceServers: ['stun:192.0.2.77:3478'] } });
    const sdp = await anOffer();
    const { leases } = webRtcUse();
    const gone = new AbortController();
    const request = fetch(`${slow.url}/webrtc/offer`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ type: 'offer', sdp }),
      signal: gone.signal,
    });
    await eventually(() => slow.clock.pendingTimers > 0);
    gone.abort();
    await expect(request).rejects.toThrow();
    // The relay's end of the request is gone a little later.
    await settle();
    slow.clock.advance(2000);
    await eventually(() => webRtcUse().leases === leases);
    expect(slow.clock.pendingTimers).toBe(0);
    await slow.close();
  });

  it('may be withdrawn before they connect', async () => {
    const before = webRtcUse();
    const { json } = await postOffer(await anOffer());
    expect(await remove(json.id!)).toBe(204);
    await eventually(() => webRtcUse().nativeObjects === before.nativeObjects);
    expect(await remove(json.id!)).toBe(404);
  });
});

describe('the address of a call', () => {
  it.each(['0', 'f'.repeat(32), '..%2f..%2fetc', '%00', 'a'.repeat(200)])(
    'that nobody was given is unknown: %s',
    async (id) => {
      expect([404, 414]).toContain(await remove(id));
    },
  );

  it('ends that call alone, and once', async () => {
    const visitor = await Visitor.begin();
    expect(await remove(visitor.answer.json.id!)).toBe(204);
    await visitor.ended();
    expect(visitor.endReason).toBe('hangup');
    await eventually(() => light.relay.sessions.length === 1);
    expect(await remove(visitor.answer.json.id!)).toBe(404);
  });
});

describe('a visitor', () => {
  it('who reloads the page ends one call and begins another', async () => {
    const visitor = await Visitor.begin();
    visitor.connection.close();
    const again = await Visitor.begin();
    await eventually(() => visitor.endReason !== undefined);
    expect(visitor.endReason).toBe('hangup');
    await again.proveAlive();
    await again.hangUp();
  });

  it('whose process is killed is missed within seconds', async () => {
    const child = new KilledVisitor();
    await child.connected;
    await eventually(() => light.relay.sessions.length === 2);
    await child.kill();
    for (let second = 0; second < 9 && light.relay.sessions.length > 1; second++) await pass(1000);
    await eventually(() => light.relay.sessions.length === 1);
    const reasons = light.events.flatMap((event) => (event.type === 'session.end' ? [event.reason] : []));
    expect(reasons).toEqual(['transport_error']);
  });

  it('who sends garbage over the data channel is warned of, once per kind, and stays', async () => {
    const visitor = await Visitor.begin();
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

  it('who sends messages that are too long is warned of, and stays', async () => {
    const visitor = await Visitor.begin({ maxMessageBytes: 1_000_000 }, (answer) =>
      answer.replace(/max-message-size:\d+/, 'max-message-size:1000000'),
    );
    for (let i = 0; i < 5; i++) visitor.connection.sendText('x'.repeat(500_000));
    await visitor.proveAlive();
    expect(visitor.sessionWarnings).toEqual(['oversize_message']);
    await visitor.hangUp();
  });

  it('who closes the data channel alone has hung up', async () => {
    const lease = leaseWebRtc();
    const { Audio, PeerConnection: Peer } = await lease.load();
    const peer = new Peer('raw', { iceServers: [], bindAddress: '127.0.0.1' });
    const audio = new Audio('0', 'SendRecv');
    audio.addOpusCodec(111);
    const track = peer.addTrack(audio);
    const channel = peer.createDataChannel('hzrelay');
    let closings = 0;
    for (const native of [track, channel]) native.onClosed(() => closings++);
    const isOpen = new Promise<void>((resolve) => channel.onOpen(resolve));
    const { json } = await postOffer(peer.localDescription()!.sdp);
    peer.setRemoteDescription(json.sdp!, 'answer');
    await isOpen;
    await eventually(() => light.relay.sessions.length === 2);
    channel.close();
    await eventually(() => light.relay.sessions.length === 1);
    expect(light.events.at(-1)).toMatchObject({ type: 'session.end', reason: 'hangup' });
    peer.close();
    await eventually(() => closings === 2);
    // Used to the last, so that neither is collected before.
    for (const native of [track, channel]) native.close();
    await lease.release();
  });

  it('who floods the data channel is cut off in the end', async () => {
    const visitor = await Visitor.begin();
    await visitor.until(() => visitor.log.includes('open'));
    for (let i = 0; i < 6000; i++) visitor.connection.sendText('{"type":"speech_start","pageMs":1}');
    await visitor.ended();
    expect(visitor.sessionWarnings).toEqual(['page_flood']);
    expect(visitor.endReason).toBe('transport_error');
  });

  it('who sends audio that is none is warned of and stays', async () => {
    const visitor = await Visitor.begin();
    const { ssrc } = visitor.connection.audio;
    for (let i = 0; i < 20; i++) {
      visitor.connection.sendRtp(rtpPacket(ssrc, i, new Uint8Array(48).fill(0xff)));
    }
    await visitor.proveAlive();
    expect(visitor.sessionWarnings).toEqual(['malformed_opus']);
    await visitor.hangUp();
  });
});

/** A visitor in a process of its own, from the built code, that can be killed. */
class KilledVisitor {
  readonly connected: Promise<void>;
  readonly #child;
  readonly #exit: Promise<unknown>;

  constructor() {
    const dist = new URL('../../dist/', import.meta.url);
    const at = (path: string): string => JSON.stringify(fileURLToPath(new URL(path, dist)));
    const program = `
      import { systemClock } from ${at('clock.js')};
      import { offerConnection } from ${at('transport/webrtc/offering-peer.js')};
      const { offer, accept, connection } = await offerConnection({ clock: systemClock, bindAddress: '127.0.0.1' });
      const response = await fetch(${JSON.stringify(`${light.url}/webrtc/offer`)}, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ type: 'offer', sdp: offer }),
      });
      accept((await response.json()).sdp);
      await connection.connected;
      console.log('connected');
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
