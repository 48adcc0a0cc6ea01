import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { eventsOf, typesOf } from '../../test/harness/kept-events.js';
import { lightSession, until } from '../../test/harness/light-relay.js';
import { LightRelays } from '../../test/harness/light-relays.js';
import { MediaPeer, ring } from '../../test/harness/media-peer.js';
import { SlowSession } from '../../test/harness/slow-session.js';
import { createRelay, createSession } from './create.js';

const relays = new LightRelays();

afterEach(() => relays.close());

async function occupyPort(): Promise<{ port: number; server: Server }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, server };
}

describe('a relay', () => {
  it('has no address before it listens', () => {
    expect(() => createRelay({ port: 0 }).url).toThrow(/listen\(\) first/);
  });

  it('listens once and closes once, however often it is asked to', async () => {
    const light = await relays.start();
    const { url } = light;
    await expect(Promise.all([light.relay.listen(), light.relay.listen()])).resolves.toHaveLength(2);
    expect(light.url).toBe(url);
    const closing = light.relay.close();
    expect(light.relay.close()).toBe(closing);
    await closing;
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
  });

  it('closes without having listened, and does not listen after that', async () => {
    const relay = createRelay({ port: 0 });
    await relay.close();
    await expect(relay.listen()).rejects.toThrow(/make a new one/);
  });

  it('does not listen if it is closed while it begins to', async () => {
    const relay = createRelay({ port: 0 });
    const listening = relay.listen();
    await relay.close();
    await expect(listening).rejects.toThrow(/closed before it listened/);
    expect(() => relay.url).toThrow();
  });

  it('names a port that is in use and the remedy, and ends waiting sessions with that error', async () => {
    const { port, server } = await occupyPort();
    const relay = createRelay({ port });
    const session = createSession(lightSession(), { relay });
    const events = eventsOf(session);
    await expect(relay.listen()).rejects.toThrow(
      new RegExp(`Port ${port} on 127\\.0\\.0\\.1 is in use.*HZRELAY_PORT`),
    );
    await session.closed;
    expect(typesOf(events)).toEqual(['error', 'session.end']);
    expect(events[0]).toMatchObject({ message: expect.stringContaining(`Port ${port}`) });
    expect(events[1]).toMatchObject({ reason: 'transport_error' });
    expect(() => createSession(lightSession(), { relay })).toThrow(/takes no more calls/);
    server.close();
  });

  it('warns at start of sentences that the voice cannot say, and takes the call all the same', async () => {
    const notices: string[] = [];
    const apology = 'Извините, что-то пошло не так.';
    const config = lightSession();
    const light = await relays.start({
      session: { ...config, agent: { systemPrompt: '', greeting: 'Привет', apology } },
      onNotice: ({ level, message }) => notices.push(`${level}: ${message}`),
    });
    expect(notices).toEqual([
      expect.stringContaining(
        `warn: agent.apology: The voice local cannot say "Извините, что-то пошло не так."`,
      ),
    ]);
    expect(notices[0]).toContain('agent.apologyVoice');
    await light.call();
  });

  it('refuses an unusable session config before any call comes', () => {
    const mixed = { inbound: { type: 'webrtc' }, outbound: { type: 'twilio' } } as const;
    expect(() => createRelay({ maxSessions: 0, session: mixed })).toThrow(
      /2 problems[^]*maxSessions[^]*session\.outbound\.type/,
    );
  });
});

describe('draining', () => {
  it('refuses new calls, lets the running call finish, answers its last request, then closes', async () => {
    const light = await relays.start();
    const running = await light.call();
    let drained = false;
    const draining = light.relay.drain().then(() => (drained = true));
    const late = light.phone();
    await late.dial();
    expect(await late.ended).toMatchObject({ how: 'rejected', reason: 'busy' });
    expect(light.said).toContain('shutting down');
    const health: unknown = await (await fetch(`${light.url}/healthz`)).json();
    expect(health).toEqual({ status: 'draining', sessions: 1 });
    await running.talk();
    expect(drained).toBe(false);
    await running.session.end();
    expect(await running.phone.ended).toMatchObject({ how: 'relay_hung_up', verbs: ['Connect', 'Hangup'] });
    await draining;
    await expect(fetch(`${light.url}/healthz`)).rejects.toThrow();
  });

  it('refuses a call whose session is not made yet', async () => {
    const slow = new SlowSession();
    const light = await relays.start({
      session: slow.config,
    });
    const phone = light.phone();
    await phone.dial();
    await until(() => slow.isAsked);
    const draining = light.relay.drain();
    slow.give();
    await phone.ended;
    await draining;
    expect(light.events).toEqual([]);
  });
});

describe('closing', () => {
  it('ends the calls, answers the last request of each with a hang-up, and leaves nothing behind', async () => {
    const light = await relays.start();
    const calls = [await light.call(), await light.call()];
    await light.relay.close();
    for (const { phone } of calls) {
      expect(await phone.ended).toMatchObject({
        how: 'relay_hung_up',
        closeCode: 1000,
        verbs: ['Connect', 'Hangup'],
        said: [],
      });
    }
    const ends = light.events.filter(({ type }) => type === 'session.end');
    expect(ends).toMatchObject([{ reason: 'shutdown' }, { reason: 'shutdown' }]);
    expect(light.clock.pendingTimers).toBe(0);
  });

  it('ends waiting sessions', async () => {
    const light = await relays.startWithoutConfig();
    const session = createSession(lightSession(), { relay: light.relay });
    const events = eventsOf(session);
    await light.relay.close();
    await session.closed;
    expect(events).toMatchObject([{ type: 'session.end', reason: 'shutdown' }]);
  });

  it('still answers the last request of a call that has just ended', async () => {
    const light = await relays.start();
    const { session, phone } = await light.call();
    void session.end();
    await light.relay.close();
    expect(await phone.ended).toMatchObject({ verbs: ['Connect', 'Hangup'] });
  });

  it('waits one second for a carrier that sends no last request', async () => {
    const light = await relays.start();
    const { callSid, token, streamUrl } = await ring(light, 'CA1');
    const peer = await MediaPeer.open(streamUrl);
    peer.connected();
    peer.start(callSid, token);
    await until(() => light.events.length === 1);
    let closed = false;
    const closing = light.relay.close().then(() => (closed = true));
    expect(await peer.ended()).toMatchObject({ code: 1000 });
    await until(() => light.relay.sessions.length === 0);
    expect(light.clock.pendingTimers).toBe(1);
    light.clock.advance(999);
    expect((await fetch(`${light.url}/healthz`)).status).toBe(200);
    expect(closed).toBe(false);
    light.clock.advance(1);
    await closing;
  });

  it('does not wait for a caller who hung up', async () => {
    const light = await relays.start();
    const { phone, session } = await light.call();
    await phone.hangUp();
    await session.closed;
    await light.relay.close();
    expect(light.clock.pendingTimers).toBe(0);
  });

  it('does not wait for a media socket that never answers', async () => {
    const light = await relays.start();
    const { streamUrl } = await ring(light, 'CA1');
    const peer = await MediaPeer.open(streamUrl);
    peer.socket.pause();
    await light.relay.close();
    peer.socket.resume();
    await peer.ended();
  });

  it('ends the event streams', async () => {
    const light = await relays.start();
    const watching = await fetch(`${light.url}/events`);
    const { session } = await light.call();
    await light.relay.close();
    const seen = await watching.text();
    expect(seen).toContain(`"type":"session.end"`);
    expect(seen).toContain(session.id);
  });
});

describe('the relay’s own listeners', () => {
  it('get every session’s events; one that throws is named on the log and harms no call', async () => {
    const light = await relays.start();
    light.relay.on('session.start', () => {
      throw new Error('a bug of the user');
    });
    await (await light.call()).talk();
    expect(light.said).toContain('A relay listener of session.start failed: a bug of the user');
  });
});

describe('the session directory', () => {
  it('may fail without harming a call', async () => {
    const light = await relays.start({
      directory: {
        put: () => Promise.reject(new Error('the store is down')),
        get: () => Promise.reject(new Error('the store is down')),
        list: () => Promise.reject(new Error('the store is down')),
      },
    });
    await (await light.call()).talk();
    expect(light.said).toContain('The session directory failed: the store is down');
    expect((await fetch(`${light.url}/sessions`)).status).toBe(500);
  });

  it('keeps a snapshot of ended calls', async () => {
    const light = await relays.start();
    const { phone, session } = await light.call();
    await phone.hangUp();
    await until(() => light.relay.sessions.length === 0);
    const { relay } = light;
    expect(await relay.snapshot(session.id)).toMatchObject({
      callId: phone.callSid,
      metrics: { state: 'ended' },
    });
    expect(await relay.snapshots()).toHaveLength(1);
  });
});
