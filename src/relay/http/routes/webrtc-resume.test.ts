/** A page whose connection was lost offers again, and its call goes on. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AttendedRelay } from '../../../../test/harness/attended-relay.js';
import type { OfferAnswer } from '../../../../test/harness/offer-post.js';
import { eventually } from '../../../../test/harness/peer-recorder.js';
import type { WebRtcVisitor } from '../../../../test/harness/webrtc-visitor.js';
import type { WebRtcTransport } from '../../../transport/webrtc/webrtc-transport.js';
import { offerConnection, type OfferedConnection } from '../../../transport/webrtc/offering-peer.js';

let relay: AttendedRelay;
let visitor: WebRtcVisitor;
const offers: OfferedConnection[] = [];

beforeEach(async () => {
  relay = await AttendedRelay.start();
  visitor = await relay.begin();
});

afterEach(async () => {
  for (const { connection } of [visitor, ...offers.splice(0)]) connection.close();
  await eventually(() => relay.sessions.length === 1);
  await relay.close();
});

async function offerAgain(token: string): Promise<{ offered: OfferedConnection; answer: OfferAnswer }> {
  const offered = await offerConnection({ clock: relay.light.clock, bindAddress: '127.0.0.1' });
  offers.push(offered);
  const body = { type: 'offer', sdp: offered.offer, resume: { token, eventsSeen: 0 } };
  return { offered, answer: await relay.postBody(JSON.stringify(body)) };
}

/** The call goes on over another connection. Resolves with the next token. */
async function comeBack(token: string): Promise<string> {
  const { offered, answer } = await offerAgain(token);
  expect(answer.status).toBe(200);
  const times = count('session.reconnected');
  offered.accept(answer.json.sdp!);
  expect(await offered.connection.connected).toBe(true);
  await eventually(() => count('session.reconnected') > times);
  // The page's first message shows that it knows the connection to be up.
  await eventually(() => offered.connection.sendText('{"type":"speech_end","pageMs":1}'));
  await eventually(() => wireOf(visitor.session?.transport).received > 0);
  expect(answer.json.callId).toBe(visitor.answer.json.callId);
  return answer.json.resume!;
}

function wireOf(transport: unknown): { readonly received: number } {
  return (transport as WebRtcTransport).wire;
}

function count(type: string): number {
  return relay.events.filter((event) => event.type === type).length;
}

describe('an offer of a page that comes back', () => {
  it('goes on with its session, again and again, each time with the newest token', async () => {
    const first = visitor.answer.json.resume!;
    expect(first).toMatch(/^[0-9a-f]{32}$/);
    const second = await comeBack(first);
    const third = await comeBack(second);
    expect(new Set([first, second, third]).size).toBe(3);
    expect((await offerAgain(first)).answer.status).toBe(409);
    expect((await offerAgain(second)).answer.status).toBe(409);
    expect([count('session.start'), relay.sessions.length]).toEqual([2, 2]);
  });

  it('needs no other token where the relay wants one for new calls', async () => {
    relay.light.relay.expose('https://relay.example');
    await comeBack(visitor.answer.json.resume!);
    const unknown = JSON.stringify({ type: 'offer', sdp: 'v=0', resume: { token: '0'.repeat(32) } });
    expect((await relay.postBody(unknown)).status).toBe(401);
  });

  it('may be repeated if its answer was lost', async () => {
    const token = visitor.answer.json.resume!;
    const { answer } = await offerAgain(token);
    expect(answer.status).toBe(200);
    await comeBack(token);
    expect(count('session.reconnected')).toBe(1);
  });

  it('is refused where there is no such call, with what to do', async () => {
    const { answer } = await offerAgain('f'.repeat(32));
    expect([answer.status, answer.json.error]).toEqual([404, expect.stringContaining('without "resume"')]);
    const used = visitor.answer.json.resume!;
    await comeBack(used);
    const { answer: again } = await offerAgain(used);
    expect([again.status, again.json.error]).toEqual([409, expect.stringContaining('latest answer')]);
    offers[1]!.connection.close();
    await eventually(() => relay.sessions.length === 1);
    expect((await offerAgain(used)).answer.status).toBe(404);
  });

  it('goes on also if the page gives the new connection up before it has sent anything', async () => {
    const token = visitor.answer.json.resume!;
    const { offered, answer } = await offerAgain(token);
    offered.accept(answer.json.sdp!);
    await eventually(() => count('session.reconnected') > 0);
    offered.connection.close();
    await eventually(() => count('session.reconnecting') > 1);
    // It may have the new token by now, or still the old one.
    await comeBack(token);
    expect(count('session.end')).toBe(0);
  });

  it('may be ended by any address that the call has had', async () => {
    const { id, resume } = visitor.answer.json;
    await comeBack(resume!);
    expect(await relay.delete(id!)).toBe(204);
    await eventually(() => relay.sessions.length === 1);
    expect(visitor.endReason).toBe('hangup');
  });

  it('needs the data channel', async () => {
    const offered = await offerConnection({ clock: relay.light.clock, withChannel: false });
    offers.push(offered);
    const body = { type: 'offer', sdp: offered.offer, resume: { token: visitor.answer.json.resume! } };
    expect((await relay.postBody(JSON.stringify(body))).status).toBe(400);
    expect(count('session.reconnecting')).toBe(0);
  });

  it('is no way into a call of a client that cannot come back', async () => {
    const offered = await offerConnection({ clock: relay.light.clock, bindAddress: '127.0.0.1' });
    offers.push(offered);
    const whip = await relay.postBody(offered.offer, 'application/sdp');
    expect(whip.status).toBe(201);
    expect(whip.json.resume).toBeUndefined();
    const mute = await relay.begin({ withChannel: false });
    expect(mute.answer.json.resume).toBeUndefined();
    await relay.delete(mute.answer.json.id!);
    mute.connection.close();
    await eventually(() => relay.sessions.length === 2);
  });
});
