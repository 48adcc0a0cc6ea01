/** A browser's call whose connection is lost goes on over another one, or over the same. */
import { describe, expect, it } from '@jest/globals';
import { PageFarEnd } from '../../../test/harness/page-far-end.js';
import { connect, content, rateHz, sound, type Call } from '../../../test/harness/webrtc-transport-call.js';
import type { SessionEvent } from '../../events/session-event.js';

const ways = { thereMs: 30, backMs: 30 };

/** Time passes while the visitor's microphone sends silence. */
async function listen(call: Call, ms: number, far = call.far): Promise<void> {
  far.say(new Int16Array((ms * rateHz) / 1000));
  await call.pass(ms);
}

function another(call: Call): Promise<PageFarEnd> {
  return PageFarEnd.create(call.clock, ways);
}

/** The agent's audio that the visitor heard from `far`, without silence before and after it. */
function heardFrom(far: PageFarEnd): number {
  return far.heard.filter(({ samples }) => samples.some((sample) => Math.abs(sample) > 500)).length * 20;
}

function event(type: string): SessionEvent {
  return { type, sessionId: 's', turn: 0, atMs: 0, timeMs: 0 } as unknown as SessionEvent;
}

const eventsOf = (far: PageFarEnd): string[] =>
  far.messages.flatMap((message) => (message.type === 'event' ? [message.event.type] : []));

describe('a connection that is lost', () => {
  it('pauses playout at the last sign of the page, and another one plays the rest', async () => {
    const call = await connect(ways, true);
    call.play(4000);
    call.transport.watch(3000 * (rateHz / 1000));
    await listen(call, 1000);
    const heardMs = heardFrom(call.far);
    call.far.isDead = true;
    await call.pass(3000);
    expect(call.losses).toEqual(['Nothing has come from the browser for 2 s.']);
    const { positionSamples, origin } = await call.transport.pause();
    expect(origin).toBe('estimated');
    // What was sent behind the last sign is not taken for heard.
    expect(Math.abs((positionSamples / rateHz) * 1000 - heardMs)).toBeLessThanOrEqual(160);
    expect(call.heard).toEqual([]);

    const next = await another(call);
    expect(await call.transport.reattach(next, 0)).toBe(true);
    expect([call.returns, call.far.closed]).toEqual([1, true]);
    call.transport.resume(positionSamples);
    await listen(call, 4000, next);
    expect(heardFrom(next)).toBeGreaterThanOrEqual(4000 - (positionSamples / rateHz) * 1000 - 40);
    expect(call.heard.map((mark) => mark.positionSamples)).toEqual([3000 * (rateHz / 1000)]);
    expect(call.ends).toEqual([]);
  });

  it('may come back by itself', async () => {
    const call = await connect(ways, true);
    await listen(call, 1000);
    call.far.isDead = true;
    await call.pass(3500);
    expect([call.losses.length, call.returns]).toEqual([1, 0]);
    call.far.isDead = false;
    await listen(call, 200);
    expect(call.returns).toBe(1);
    call.transport.resume(0);
    call.play(100);
    await listen(call, 400);
    expect(heardFrom(call.far)).toBeGreaterThan(0);
  });

  it('is not back because of packets that come late, once the page has given it up', async () => {
    const call = await connect(ways, true);
    await listen(call, 300);
    call.transport.lose(new Error('The page asks for another connection.'), true);
    await listen(call, 300);
    expect([call.losses.length, call.returns]).toEqual([1, 0]);
  });

  it.each([
    ['ICE gives up', (far: PageFarEnd) => far.fail()],
    ['the page calls again, before anything was noticed', () => undefined],
  ])('is replaced when %s', async (_what, lose) => {
    const call = await connect(ways, true);
    call.play(500);
    await listen(call, 1000);
    lose(call.far);
    const next = await another(call);
    expect(await call.transport.reattach(next, 0)).toBe(true);
    expect([call.losses.length, call.returns, call.ends.length]).toEqual([1, 1, 0]);
    next.say(sound(100, 300, 200));
    const before = call.frames.length;
    await call.pass(800);
    expect(call.frames.length).toBeGreaterThan(before);
    expect(call.transport.inboundQuality.packetsReceived).toBeGreaterThan(50);
  });

  it('holds what is played meanwhile, also after a clear', async () => {
    const call = await connect(ways, true);
    call.play(1000);
    await listen(call, 300);
    call.far.fail();
    await call.transport.clear();
    const from = call.transport.queuedSamples;
    call.transport.play({ samples: content(from, from + rateHz / 5), sampleRateHz: rateHz });
    await call.pass(500);
    const next = await another(call);
    await call.transport.reattach(next, 0);
    await listen(call, 600, next);
    expect(heardFrom(next)).toBeGreaterThanOrEqual(160);
    expect(heardFrom(next)).toBeLessThanOrEqual(240);
  });

  it('costs the page no event', async () => {
    const call = await connect(ways, true);
    await listen(call, 200);
    for (const type of ['one', 'two']) call.transport.show(event(type));
    await listen(call, 200);
    expect(eventsOf(call.far)).toEqual(['one', 'two']);
    call.transport.show(event('three'));
    call.far.fail();
    call.transport.show(event('four'));
    const next = await another(call);
    await call.transport.reattach(next, 2);
    call.transport.show(event('five'));
    await listen(call, 200, next);
    expect(eventsOf(next)).toEqual(['three', 'four', 'five']);
  });

  it('ends the call where the page cannot come back', async () => {
    const call = await connect(ways, false);
    await listen(call, 200);
    call.far.fail();
    expect(call.losses).toEqual([]);
    expect(call.ends).toMatchObject([{ reason: 'transport_error' }]);
    expect(await call.transport.reattach(await another(call), 0)).toBe(false);
  });

  it('does not outlive a goodbye', async () => {
    const call = await connect(ways, true);
    await listen(call, 200);
    call.far.tell({ type: 'bye' });
    await call.pass(100);
    expect(call.ends).toMatchObject([{ reason: 'hangup' }]);
    const next = await another(call);
    expect(await call.transport.reattach(next, 0)).toBe(false);
    expect(next.closed).toBe(false);
  });
});
