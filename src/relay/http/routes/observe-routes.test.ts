import { afterEach, describe, expect, it } from '@jest/globals';
import { connect } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { EventStreamReader } from '../../../../test/harness/event-stream-reader.js';
import { until } from '../../../../test/harness/light-relay.js';
import { LightRelays } from '../../../../test/harness/light-relays.js';
import { rawRequest } from '../../../../test/harness/raw-request.js';

const relays = new LightRelays();

afterEach(() => relays.close());

describe('the state of a relay', () => {
  it('shows its health to every client', async () => {
    const light = await relays.start();
    expect((await rawRequest(`${light.url}/healthz`)).json).toEqual({ status: 'ok', sessions: 0 });
    await light.call();
    expect((await rawRequest(`${light.url}/healthz/`)).json).toEqual({ status: 'ok', sessions: 1 });
  });

  it('lists live and ended sessions, the latest first', async () => {
    const light = await relays.start();
    const first = await light.call({ from: '+15550100009' });
    await first.phone.hangUp();
    await until(() => light.relay.sessions.length === 0);
    const second = await light.call();
    const { json } = await rawRequest(`${light.url}/sessions`);
    expect(json).toMatchObject({
      sessions: [
        { sessionId: second.session.id, callId: second.phone.callSid, metrics: { state: 'listening' } },
        { sessionId: first.session.id, from: '+15550100009', metrics: { state: 'ended' } },
      ],
    });
  });

  it('gives the metrics of a session, with each stage of a turn by name', async () => {
    const light = await relays.start();
    const { session } = await light.call().then(async (call) => {
      await call.talk();
      return call;
    });
    const { status, json } = await rawRequest(`${light.url}/voice/metrics?session_id=${session.id}`);
    expect(status).toBe(200);
    expect(json).toEqual(JSON.parse(JSON.stringify(session.getMetrics())));
    const { turns } = json as { turns: { latency: object }[] };
    expect(turns).toHaveLength(1);
    expect(turns[0]?.latency).toMatchObject({
      audio_received_ms: null,
      stt_start_ms: null,
      stt_final_ms: null,
      llm_start_ms: null,
      llm_first_token_ms: null,
      tts_start_ms: expect.any(Number),
      tts_first_audio_ms: expect.any(Number),
      audio_sent_ms: expect.any(Number),
      mouth_to_ear_ms: null,
      absent: 'unprompted',
    });
  });

  it('refuses a request for metrics without a session, and one for an unknown session', async () => {
    const light = await relays.start();
    for (const query of ['', '?session_id=', '?session_id=a&session_id=b']) {
      expect(await rawRequest(`${light.url}/voice/metrics${query}`)).toMatchObject({
        status: 400,
        json: { error: expect.stringContaining('?session_id=') },
      });
    }
    expect(await rawRequest(`${light.url}/voice/metrics?session_id=00000000`)).toMatchObject({
      status: 404,
      json: { error: expect.stringContaining('/sessions') },
    });
  });
});

describe('the event stream', () => {
  it('carries the events of every session, or of one', async () => {
    const light = await relays.start();
    const all = await EventStreamReader.open(`${light.url}/events`);
    const first = await light.call();
    const one = await EventStreamReader.open(`${light.url}/events?session_id=${first.session.id}`);
    const second = await light.call();
    await first.talk();
    await second.talk();
    await first.phone.hangUp();
    await second.phone.hangUp();
    await until(() => all.events.length === light.events.length && one.text.includes('session.end'));
    expect(all.events).toEqual(light.events);
    const ofFirst = light.events.filter(({ sessionId }) => sessionId === first.session.id);
    expect(one.events).toEqual(ofFirst.slice(1));
    expect(all.text).toContain('\nevent: turn.end\ndata: {');
    expect(all.headers).toMatchObject({ 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    for (const reader of [all, one]) reader.leave();
  });

  it('sends a comment every 15 seconds to show that it is alive', async () => {
    const light = await relays.start();
    const reader = await EventStreamReader.open(`${light.url}/events`);
    light.clock.advance(14_999);
    await nextTurn();
    expect(reader.text).not.toContain('still here');
    light.clock.advance(1);
    await until(() => reader.text.includes(': still here\n\n'));
    light.clock.advance(15_000);
    await until(() => reader.text.split(': still here').length === 3);
    reader.leave();
    await until(() => light.clock.pendingTimers === 0);
  });

  it('is closed for a reader that stops reading, and for no other', async () => {
    const light = await relays.start();
    const call = await light.call();
    const slow = await EventStreamReader.open(`${light.url}/events`);
    const good = await EventStreamReader.open(`${light.url}/events`);
    slow.pause();
    const before = light.clock.pendingTimers;
    for (let i = 0; i < 200; i++) {
      call.session.warn('chatty', 'x'.repeat(100_000));
      await until(() => good.text.length > (i + 1) * 100_000);
    }
    await until(() => light.clock.pendingTimers === before - 1);
    expect(good.events).toHaveLength(200);
    expect(good.ended).toBe(false);
    slow.leave();
    good.leave();
  });

  it('forgets readers that disconnect, even before they were served', async () => {
    const light = await relays.start();
    const readers = await Promise.all(
      Array.from({ length: 5 }, () => EventStreamReader.open(`${light.url}/events`)),
    );
    expect(light.clock.pendingTimers).toBe(5);
    for (const reader of readers) reader.leave();
    for (let i = 0; i < 20; i++) {
      const socket = connect(Number(new URL(light.url).port), '127.0.0.1', () => {
        socket.write('GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n', () => socket.resetAndDestroy());
      });
      socket.on('error', () => undefined);
      await new Promise((resolve) => socket.on('close', resolve));
    }
    await until(() => light.clock.pendingTimers === 0);
    await (await light.call()).talk();
  });

  it('has at most a hundred readers', async () => {
    const light = await relays.start();
    const readers = await Promise.all(
      Array.from({ length: 100 }, () => EventStreamReader.open(`${light.url}/events`)),
    );
    expect(await rawRequest(`${light.url}/events`)).toMatchObject({ status: 503 });
    readers[0]?.leave();
    await until(() => light.clock.pendingTimers === 99);
    readers.push(await EventStreamReader.open(`${light.url}/events`));
    await light.relay.close();
    await until(() => readers.every(({ ended }) => ended));
  });

  it('ends with the relay, after the last event', async () => {
    const light = await relays.start();
    const reader = await EventStreamReader.open(`${light.url}/events`);
    const stuck = await EventStreamReader.open(`${light.url}/events`);
    stuck.pause();
    await light.call();
    await light.close();
    await until(() => reader.ended);
    expect(reader.events.at(-1)).toMatchObject({ type: 'session.end', reason: 'shutdown' });
    stuck.leave();
  });
});
