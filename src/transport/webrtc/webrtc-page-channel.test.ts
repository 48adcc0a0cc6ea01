import { describe, expect, it } from '@jest/globals';
import type { SessionEvent } from '../../events/session-event.js';
import type { PageFarEnd } from '../../../test/harness/page-far-end.js';
import { type PageFarEndOptions } from '../../../test/harness/page-far-end.js';
import { connect, sound } from '../../../test/harness/webrtc-transport-call.js';

describe('a visitor who is gone', () => {
  it('is warned of after 3 s without audio, and ended after 8 s without audio and heartbeat', async () => {
    const call = await connect();
    call.far.say(sound(0, 100, 0));
    await call.pass(1000);
    call.far.isDead = true;
    await call.pass(3000);
    expect(call.warnings.map(({ code }) => code)).toEqual(['media_stopped']);
    expect(call.ends).toEqual([]);
    await call.pass(6000);
    expect(call.ends.map(({ reason }) => reason)).toEqual(['transport_error']);
    expect(call.ends[0]?.cause?.message).toMatch(/no heartbeat and no audio for 8 s/);
    expect(call.far.closed).toBe(true);
    expect(call.clock.pendingTimers).toBe(0);
  });

  it('is not one who is only muted: the heartbeat keeps the call', async () => {
    const call = await connect();
    await call.pass(20_000);
    expect(call.ends).toEqual([]);
    expect(call.warnings.map(({ code }) => code)).toEqual(['media_stopped']);
    await call.transport.close();
  });

  it('is not missed for audio that was never offered', async () => {
    const call = await connect({ receives: false });
    await call.pass(20_000);
    expect(call.ends).toEqual([]);
    expect(call.warnings).toEqual([]);
    call.far.isDead = true;
    await call.pass(10_000);
    expect(call.ends).toHaveLength(1);
  });

  it.each<[string, PageFarEndOptions, number]>([
    ['mutes itself after a word', { hasChannel: false }, 100],
    ['joins muted', { hasChannel: false }, 0],
    ['only listens', { hasChannel: false, receives: false }, 0],
    ['has our channel, but does not speak its protocol, and is muted', {}, 0],
    ['has our channel, but does not speak its protocol, and only listens', { receives: false }, 0],
  ])('is not a client that %s: it lives as long as ICE does', async (_, options, speaksMs) => {
    const call = await connect(options);
    call.far.isDead = true;
    if (speaksMs > 0) call.far.say(sound(0, speaksMs, 0));
    await call.pass(120_000);
    expect(call.ends).toEqual([]);
    call.far.fail();
    expect(call.ends.map(({ reason }) => reason)).toEqual(['transport_error']);
    expect(call.clock.pendingTimers).toBe(0);
  });

  it('is still missed within seconds where it once was a page', async () => {
    const call = await connect({ receives: false });
    await call.pass(1000);
    call.far.isDead = true;
    await call.pass(9000);
    expect(call.ends.map(({ reason }) => reason)).toEqual(['transport_error']);
  });

  it.each([
    ['closes the connection', (far: PageFarEnd) => far.leave(), 'hangup'],
    ['says goodbye', (far: PageFarEnd) => far.tell({ type: 'bye' }), 'hangup'],
    ['cannot be reached any more', (far: PageFarEnd) => far.fail(), 'transport_error'],
  ])('ends the call once when it %s', async (_, go, reason) => {
    const call = await connect();
    call.play(1000);
    await call.pass(100);
    go(call.far);
    call.far.leave();
    await call.pass(100);
    await call.transport.close();
    expect(call.ends.map((end) => end.reason)).toEqual([reason]);
    expect(call.clock.pendingTimers).toBe(0);
  });
});

describe('the page’s channel', () => {
  const event: SessionEvent = {
    type: 'warning',
    sessionId: '00000000',
    timeMs: 0,
    turn: 0,
    atMs: 1,
    code: 'x',
    message: 'y',
  };

  it('shows events in order, also those from before it was open', async () => {
    const call = await connect({ backMs: 50 });
    call.transport.show({ ...event, code: 'early' });
    await call.pass(100);
    call.transport.show({ ...event, code: 'late' });
    await call.pass(20);
    const shown = call.far.messages.flatMap((message) => (message.type === 'event' ? [message.event] : []));
    expect(shown.map((each) => 'code' in each && each.code)).toEqual(['early', 'late']);
    await call.transport.close();
  });

  it('shows the last event of a session that closes the call', async () => {
    const call = await connect();
    await call.pass(20);
    const { sent } = call.far.wire;
    const closed = call.transport.close();
    call.transport.show({ ...event, type: 'session.end', reason: 'completed', durationMs: 1 });
    expect(call.far.wire.sent).toBe(sent + 1);
    await closed;
    expect(call.far.closed).toBe(true);
    call.transport.show(event);
    expect(call.far.wire.sent).toBe(sent + 1);
  });

  it('holds events back while the page does not read', async () => {
    const call = await connect();
    await call.pass(20);
    call.far.bufferedBytes = 2 * 1024 * 1024;
    call.transport.show(event);
    call.far.bufferedBytes = 0;
    call.transport.show({ ...event, code: 'seen' });
    await call.pass(20);
    const shown = call.far.messages.filter(({ type }) => type === 'event');
    expect(shown).toEqual([{ type: 'event', number: 2, event: { ...event, code: 'seen' } }]);
    expect(call.warnings.map(({ code }) => code)).toEqual(['page_stuck']);
    await call.transport.close();
  });

  it.each([
    ['no JSON', '{'],
    ['no object', '[]'],
    ['an unknown type', '{"type":"exec"}'],
    ['a time that is no number', '{"type":"speech_end","pageMs":"1"}'],
    ['a time before the clock began', '{"type":"audible","pageMs":-1}'],
    ['an empty text', '{"type":"text","text":"   "}'],
    ['a text of control characters alone', JSON.stringify({ type: 'text', text: '\u001b\n\u0000' })],
    ['a text without end', JSON.stringify({ type: 'text', text: 'a'.repeat(2001) })],
    ['an answer to what was never asked', '{"type":"sync","id":99,"receivedPageMs":1,"sentPageMs":1}'],
  ])('ignores %s, with a warning', async (_, text) => {
    const call = await connect();
    call.far.tell(text);
    await call.pass(50);
    expect(call.warnings.map(({ code }) => code)).toEqual(['malformed_page_message']);
    expect(call.transport.pageFaults).toEqual({ malformed_page_message: 1 });
    expect(call.typed).toEqual([]);
    expect(call.ends).toEqual([]);
    await call.transport.close();
  });

  it('drops what is beyond a hundred messages a second, and ends a call that floods', async () => {
    const call = await connect();
    await call.pass(1000);
    for (let i = 0; i < 300; i++) call.far.tell({ type: 'speech_start', pageMs: 1 });
    await call.pass(20);
    expect(call.transport.pageFaults.page_flood).toBeGreaterThanOrEqual(198);
    expect(call.warnings.map(({ code }) => code)).toEqual(['page_flood']);
    for (let i = 0; i < 6000; i++) call.far.tell('{');
    await call.pass(20);
    expect(call.ends.map(({ reason }) => reason)).toEqual(['transport_error']);
  });

  it('counts what cannot be read at all as messages too', async () => {
    const call = await connect();
    for (let i = 0; i < 5100; i++) call.far.drop();
    await call.pass(20);
    expect(call.warnings.map(({ code }) => code)).toEqual(['page_flood']);
    expect(call.ends.map(({ reason }) => reason)).toEqual(['transport_error']);
  });

  it('takes few typed turns where one comes every 10 ms, says so once, and ends the call', async () => {
    const call = await connect();
    for (let i = 0; i < 400 && call.ends.length === 0; i++) {
      call.far.tell({ type: 'text', text: `turn ${i}` });
      await call.pass(10);
    }
    expect(call.typed.length).toBeLessThanOrEqual(12);
    expect(call.warnings).toEqual([{ code: 'typed_flood', message: expect.stringContaining('Typed turns') }]);
    expect(call.ends).toMatchObject([
      { reason: 'transport_error', cause: { message: expect.stringContaining('typed turns too many') } },
    ]);
  });

  it('takes every turn of a person who types in a hurry', async () => {
    const call = await connect();
    for (let i = 0; i < 8; i++) {
      call.far.tell({ type: 'text', text: 'yes' });
      await call.pass(200);
    }
    for (let i = 0; i < 30; i++) {
      call.far.tell({ type: 'text', text: 'the next appointment that you have, please' });
      await call.pass(3000);
    }
    expect(call.typed).toHaveLength(38);
    expect(call.warnings.map(({ code }) => code)).toEqual(['media_stopped']);
    await call.transport.close();
  });

  it.each([
    ['escapes', 'book\u001b[2J\u009b31m it', 'book [2J 31m it'],
    ['line ends', 'one\r\ntwo\u2028three\tfour', 'one two three four'],
    ['marks that turn the direction of writing', 'abc\u202edef\u2066', 'abc def'],
    ['a null and a bell', 'a\u0000b\u0007', 'a b'],
    ['nothing of the kind', 'Grüße 👨‍👩‍👧, नमस्ते, می‌خواهم', 'Grüße 👨‍👩‍👧, नमस्ते, می‌خواهم'],
  ])('makes typed text printable before anything else sees it: %s', async (_, text, taken) => {
    const call = await connect();
    call.far.tell({ type: 'text', text });
    await call.pass(20);
    expect(call.typed).toEqual([taken]);
    expect(call.warnings).toEqual([]);
    await call.transport.close();
  });
});
