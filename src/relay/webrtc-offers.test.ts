import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AttendedRelay, browserSession } from '../../test/harness/attended-relay.js';
import { LightRelay } from '../../test/harness/light-relay.js';
import { postOffer, type OfferAnswer } from '../../test/harness/offer-post.js';
import { eventually, settle } from '../../test/harness/peer-recorder.js';
import { isThorough } from '../../test/harness/thorough.js';
import { webRtcUse } from '../transport/webrtc/native-webrtc.js';

let relay: AttendedRelay;

async function open(): Promise<void> {
  relay = await AttendedRelay.start();
}
const close = (): Promise<void> => relay.close();

describe('an offer that cannot be taken', () => {
  beforeAll(open);
  afterAll(close);

  const title = '%s is refused with the reason and leaves nothing behind';

  async function expectRefusal(
    offer: () => Promise<OfferAnswer>,
    status: number,
    reason: RegExp,
  ): Promise<void> {
    const before = webRtcUse();
    const answer = await offer();
    expect({ status: answer.status, error: answer.json.error }).toEqual({
      status,
      error: expect.stringMatching(reason),
    });
    await eventually(() => webRtcUse().nativeObjects === before.nativeObjects);
    expect(webRtcUse()).toEqual(before);
    expect(relay.sessions).toHaveLength(1);
  }

  it.each<[string, (sdp: string) => string, number, RegExp]>([
    ['without audio', (sdp) => sdp.replace('m=audio', 'm=image'), 400, /no audio/],
    ['without Opus', (sdp) => sdp.replace('opus/48000/2', 'G722/8000'), 400, /Opus/],
    ['of inactive audio', (sdp) => sdp.replace('sendrecv', 'inactive'), 400, /inactive/],
    ['without encryption', (sdp) => sdp.replace('a=fingerprint', 'a=x'), 400, /fingerprint/],
    ['with a broken fingerprint', (sdp) => sdp.replace(/sha-256 .*/, 'sha-256 x'), 400, /answered/],
    ['of garbage', () => '\u0000garbage', 400, /not a session description/],
    ['that is empty', () => '', 400, /not a session description/],
    ['that is too long', (sdp) => sdp + 'a=x:y\r\n'.repeat(20_000), 400, /longer/],
    ['far too long', () => 'v=0\r\n'.repeat(500_000), 413, /./],
    ['with too many sections', (sdp) => sdp + 'm=video 9 X 96\r\n'.repeat(20), 400, /sections/],
  ])(title, async (_what, spoil, status, reason) => {
    await expectRefusal(async () => relay.postOffer(spoil(await relay.deadOffer())), status, reason);
  });

  it.each<[string, () => string, string | undefined, number, RegExp]>([
    ['in broken JSON', () => '{"type":"offer","sdp":', undefined, 400, /./],
    ['that is an answer', () => '{"type":"answer","sdp":"v=0"}', undefined, 415, /Post an offer/],
    ['that is a number', () => '{"type":"offer","sdp":7}', undefined, 415, /Post an offer/],
    ['as plain text', () => 'v=0', 'text/plain', 415, /Post an offer/],
    ['as a form', () => 'type=offer&sdp=v%3D0', 'application/x-www-form-urlencoded', 415, /Post an offer/],
    ['as raw text that is not SDP', () => 'hello', 'application/sdp', 400, /not a session description/],
    ['as raw SDP that is far too long', () => 'v=0\r\n'.repeat(50_000), 'application/sdp', 413, /./],
  ])(title, async (_what, body, contentType, status, reason) => {
    await expectRefusal(() => relay.postBody(body(), contentType), status, reason);
  });
});

describe('an unusual offer', () => {
  beforeAll(open);
  afterAll(close);

  it('from a visitor that only listens gets a call', async () => {
    const visitor = await relay.begin({ direction: 'recvonly' });
    await visitor.proveAlive();
    await visitor.hangUp();
  });

  it('without a data channel gets a call', async () => {
    const visitor = await relay.begin({ withChannel: false });
    void visitor.session!.speak('hello');
    await relay.passUntil(() => visitor.packets.length > 0);
    // Without a channel the native library sends nothing when it closes a connection.
    expect(await relay.delete(visitor.answer.json.id!)).toBe(204);
    await eventually(() => visitor.endReason !== undefined);
    expect(visitor.endReason).toBe('hangup');
    visitor.connection.close();
  });
});

describe('many offers', () => {
  beforeEach(open);
  afterEach(close);

  it('at the same time each become a call with its own session', async () => {
    const count = isThorough ? 49 : 6;
    const visitors = await Promise.all(Array.from({ length: count }, () => relay.begin()));
    expect(new Set(visitors.map(({ session: own }) => own?.id)).size).toBe(count);
    await Promise.all(visitors.map((visitor) => visitor.hangUp()));
    expect(visitors.map(({ endReason }) => endReason)).toEqual(visitors.map(() => 'hangup'));
    await eventually(() => relay.sessions.length === 1);
  });

  it('beyond the limit get Retry-After, and are taken once a place is free', async () => {
    await relay.close();
    relay = await AttendedRelay.start({ maxSessions: 3 });
    const visitors = await Promise.all(Array.from({ length: 8 }, () => relay.offer()));
    const taken = visitors.filter(({ answer }) => answer.status === 200);
    const refused = visitors.filter(({ answer }) => answer.status === 503);
    expect([taken.length, refused.length]).toEqual([2, 6]);
    expect(refused[0]?.answer.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(refused[0]?.answer.json.error).toContain('busy');
    await eventually(() => relay.sessions.length === 3);
    await taken[0]?.hangUp();
    await eventually(() => relay.sessions.length === 2);
    const next = await relay.begin();
    await next.hangUp();
    await taken[1]?.hangUp();
  });

  it('without a free UDP port get an error that says so, not that the relay is busy', async () => {
    const narrow = await LightRelay.start({
      session: browserSession,
      webrtc: { portRange: [45_340, 45_340] },
    });
    const { leases } = webRtcUse();
    const ask = async () => postOffer(narrow.url, await relay.deadOffer());
    expect((await ask()).status).toBe(200);
    expect(await ask()).toMatchObject({
      status: 500,
      json: { error: expect.stringContaining('no UDP port for this call') },
    });
    await narrow.close();
    await eventually(() => webRtcUse().leases < leases);
  });

  it('that never connect free their places after fifteen seconds', async () => {
    await relay.close();
    relay = await AttendedRelay.start({ maxSessions: 3 });
    const offers = [await relay.deadOffer(), await relay.deadOffer(), await relay.deadOffer()];
    const statuses = async () =>
      Promise.all(offers.map(async (offer) => (await relay.postOffer(offer)).status));
    expect((await statuses()).sort()).toEqual([200, 200, 503]);
    await relay.pass(15_000);
    await eventually(() => relay.light.said.match(/no connection was established/g)?.length === 2);
    expect((await statuses()).sort()).toEqual([200, 200, 503]);
    await relay.pass(15_000);
  });

  it('whose client leaves before the answer free their places', async () => {
    // The STUN server never answers, so the relay's own answer waits for its time-out.
    const slow = await LightRelay.start({
      session: browserSession,
      webrtc: { iceServers: ['stun:192.0.2.77:3478'] },
    });
    const sdp = await relay.deadOffer();
    const { leases } = webRtcUse();
    const gone = new AbortController();
    const request = postOffer(slow.url, sdp, gone.signal);
    await eventually(() => slow.clock.pendingTimers > 0);
    gone.abort();
    await expect(request).rejects.toThrow();
    // The relay's end of the request closes a little later.
    await settle();
    slow.clock.advance(2000);
    await eventually(() => webRtcUse().leases === leases);
    expect(slow.clock.pendingTimers).toBe(0);
    await slow.close();
  });

  it('can be deleted before they connect', async () => {
    const before = webRtcUse();
    const { json } = await relay.postOffer(await relay.deadOffer());
    expect(await relay.delete(json.id!)).toBe(204);
    await eventually(() => webRtcUse().nativeObjects === before.nativeObjects);
    expect(await relay.delete(json.id!)).toBe(404);
  });
});
