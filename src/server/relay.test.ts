import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer, type AddressInfo, type Server } from 'node:net';
import type { SessionEvent } from '../events/session-event.js';
import type { Session } from '../session/session.js';
import type { TextToSpeech } from '../tts/text-to-speech.js';
import { KeepingEar, LightRelay, lightSession, toneVoice, until } from '../testing/light-relay.js';
import { MediaPeer, ring } from '../testing/media-peer.js';
import type { SessionConfig } from './config.js';
import { createRelay, createSession } from './create.js';
import type { IncomingCall, RelayOptions } from './relay-options.js';

let open: LightRelay[] = [];

afterEach(async () => {
  for (const light of open) {
    await light.close();
    expect(light.clock.pendingTimers).toBe(0);
    expect(light.relay.sessions).toEqual([]);
  }
  open = [];
});

async function start(options: Partial<RelayOptions> = {}): Promise<LightRelay> {
  const light = await LightRelay.start(options);
  open.push(light);
  return light;
}

/** A relay without config of its own: calls need a waiting session. */
function startEmpty(options: Partial<RelayOptions> = {}): Promise<LightRelay> {
  return start({ ...options, session: undefined });
}

async function occupyPort(): Promise<{ port: number; server: Server }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, server };
}

function typesOf(events: readonly SessionEvent[]): string[] {
  return events.map(({ type }) => type);
}

function heardBy(session: Session): SessionEvent[] {
  const events: SessionEvent[] = [];
  session.on('*', (event) => events.push(event));
  return events;
}

/** A session function that gives its config only when it is told to. */
function slowSession(): { session: () => Promise<SessionConfig>; readonly asked: boolean; give: () => void } {
  let give: ((config: SessionConfig) => void) | null = null;
  return {
    session: () => new Promise((resolve) => (give = resolve)),
    get asked() {
      return give !== null;
    },
    give: () => give?.(lightSession()),
  };
}

describe('a relay', () => {
  it('has no address before it listens', () => {
    expect(() => createRelay({ port: 0 }).url).toThrow(/listen\(\) first/);
  });

  it('listens once however often it is asked, and closes once', async () => {
    const light = await start();
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

  it('that is closed while it begins to listen does not listen', async () => {
    const relay = createRelay({ port: 0 });
    const listening = relay.listen();
    await relay.close();
    await expect(listening).rejects.toThrow(/closed before it listened/);
    expect(() => relay.url).toThrow();
  });

  it('names the port and the remedy when it is in use, and tells the sessions that wait', async () => {
    const { port, server } = await occupyPort();
    const relay = createRelay({ port });
    const session = createSession(lightSession(), { relay });
    const events = heardBy(session);
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

  it('refuses a session config that cannot be used before any call comes', () => {
    const mixed = { inbound: { type: 'webrtc' }, outbound: { type: 'twilio' } } as const;
    expect(() => createRelay({ maxSessions: 0, session: mixed })).toThrow(
      /2 problems[^]*maxSessions[^]*session\.outbound\.type/,
    );
  });
});

describe('the session of a call', () => {
  it('is made afresh from the config for every call', async () => {
    const met: string[] = [];
    const light = await start({ session: lightSession(), onSession: ({ id }) => met.push(id) });
    const calls = [await light.call(), await light.call()];
    expect(new Set(met).size).toBe(2);
    expect(calls.map(({ session }) => session.id)).toEqual(met);
    expect(light.relay.sessions.map(({ id }) => id)).toEqual(met);
    expect(calls.map(({ session }) => light.relay.session(session.id))).toEqual(
      calls.map(({ session }) => session),
    );
  });

  it('may depend on who calls', async () => {
    const asked: IncomingCall[] = [];
    const light = await start({
      session: (call) => {
        asked.push(call);
        return Promise.resolve(lightSession());
      },
    });
    const { phone, session } = await light.call({ from: '+15550100007', to: '+15550100008' });
    expect(asked).toEqual([
      {
        transport: 'twilio',
        callId: phone.callSid,
        from: '+15550100007',
        to: '+15550100008',
        parameters: {},
      },
    ]);
    expect(session.transport?.call).toMatchObject({ from: '+15550100007', to: '+15550100008' });
  });

  it('hears of nothing before onSession has met it', async () => {
    const seen: string[] = [];
    const light = await start({ onSession: (session) => session.on('*', ({ type }) => seen.push(type)) });
    const { phone } = await light.call();
    await phone.hangUp();
    await until(() => seen.includes('session.end'));
    expect(seen).toEqual(['session.start', 'session.end']);
  });

  it('goes on where onSession throws, at once or later', async () => {
    let calls = 0;
    const light = await start({
      onSession: () => {
        if (calls++ === 0) throw new Error('a bug of the user');
        return Promise.reject(new Error('a late bug of the user'));
      },
    });
    await (await light.call()).talk();
    await (await light.call()).talk();
    expect(light.said).toMatch(/onSession failed for session \w{8}: a bug of the user/);
    expect(light.said).toContain('a late bug of the user');
  });

  it('is not there where the function fails; the caller hears the fallback and other calls go on', async () => {
    const light = await start({
      session: ({ from }) => {
        if (from === '+1999') throw new Error('no such customer');
        return from === '+1998' ? ({ inbound: {} } as never) : lightSession(new KeepingEar());
      },
    });
    const healthy = await light.call();
    for (const from of ['+1999', '+1998']) {
      const phone = light.phone({ from });
      await phone.dial();
      const end = await phone.ended;
      expect(end).toMatchObject({ how: 'relay_hung_up', verbs: ['Connect', 'Say', 'Hangup'] });
    }
    expect(light.said).toContain('No session could be made for the call: no such customer');
    expect(light.said).toContain('inbound.type: is missing.');
    expect(light.relay.sessions).toEqual([healthy.session]);
  });

  it('is not waited for longer than ten seconds', async () => {
    const light = await start({ session: () => new Promise(() => undefined) });
    const phone = light.phone();
    await phone.dial();
    const end = await light.run(phone.ended);
    expect(end.said).toEqual(['We are sorry, the connection was lost. Please call again.']);
    expect(light.said).toContain('gave no config in 10 s');
  });

  it('that cannot start ends with an error on the log, and another call does not notice', async () => {
    const broken: TextToSpeech = { ...toneVoice, produces: { encodings: ['linear16'], sampleRatesHz: [3] } };
    const ears = new Map<string, KeepingEar>();
    let isBroken = false;
    const light = await start({
      session: ({ callId = '' }) => {
        const ear = new KeepingEar();
        ears.set(callId, ear);
        return { ...lightSession(ear), ...(isBroken && { tts: broken }) };
      },
    });
    const healthy = await light.call();
    isBroken = true;
    const phone = light.phone();
    await phone.dial();
    const end = await phone.ended;
    expect(end.verbs).toEqual(['Connect', 'Say', 'Hangup']);
    expect(light.said).toMatch(/Session \w{8} could not start: .*3 Hz/);
    await until(() => light.relay.sessions.length === 1);
    await healthy.pass(100);
    expect(ears.get(healthy.phone.callSid)?.samples.length).toBeGreaterThan(0);
    expect(healthy.session.state).toBe('listening');
  });
});

describe('a call that cannot be taken', () => {
  it('gets a busy answer when nobody waits, and the log names createRelay({ session, onSession })', async () => {
    const light = await startEmpty();
    const phone = light.phone();
    await phone.dial();
    expect(await phone.ended).toMatchObject({ how: 'rejected', reason: 'busy', verbs: ['Reject'] });
    expect(light.notices).toEqual([
      { level: 'warn', message: expect.stringContaining('createRelay({ session, onSession })') },
    ]);
  });

  it('gets a busy answer when too many calls run, until one of them ends', async () => {
    const light = await start({ maxSessions: 1 });
    const first = await light.call();
    const second = light.phone();
    await second.dial();
    expect(await second.ended).toMatchObject({ how: 'rejected', reason: 'busy' });
    expect(light.said).toContain('1 sessions live already (maxSessions)');
    await first.talk();
    await first.phone.hangUp();
    await until(() => light.relay.sessions.length === 0);
    await (await light.call()).talk();
  });

  it('is counted while its session is being made', async () => {
    const slow = slowSession();
    const light = await start({
      maxSessions: 1,
      session: slow.session,
    });
    await light.phone().dial();
    await until(() => slow.asked);
    const second = light.phone();
    await second.dial();
    expect(await second.ended).toMatchObject({ how: 'rejected', reason: 'busy' });
    slow.give();
    await until(() => light.relay.sessions.length === 1);
  });

  it('does not lose a session that waits, nor a listener of notices that throws', async () => {
    const light = await startEmpty({
      onNotice: () => {
        throw new Error('a bug of the user');
      },
    });
    const busy = light.phone();
    await busy.dial();
    expect(await busy.ended).toMatchObject({ how: 'rejected' });
    const session = createSession(lightSession(), { relay: light.relay });
    const { session: taken } = await light.call();
    expect(taken).toBe(session);
  });
});

describe('a session that waits', () => {
  function eager(warmUp: () => Promise<void>): SessionConfig {
    const ear = new KeepingEar();
    const stt = { name: ear.name, accepts: ear.accepts, open: ear.open.bind(ear), warmUp };
    return { ...lightSession(), stt };
  }

  it('has its providers loaded before its call, whether it came before the relay listened or after', async () => {
    const relay = createRelay({ port: 0 });
    let loaded = 0;
    const config = eager(() => {
      loaded++;
      return Promise.resolve();
    });
    createSession(config, { relay });
    expect(loaded).toBe(0);
    await relay.listen();
    expect(loaded).toBe(1);
    createSession(config, { relay });
    await until(() => loaded === 2);
    await relay.close();
  });

  it('does not keep others from waiting where its providers cannot be loaded', async () => {
    const light = await startEmpty();
    const config = eager(() => Promise.reject(new Error('no model here')));
    createSession(config, { relay: light.relay });
    const healthy = createSession(lightSession(), { relay: light.relay });
    await until(() => /Loading ahead of the call failed: .*no model here/.test(light.said));
    await light.call();
    expect((await light.call()).session).toBe(healthy);
  });
});

describe('calls at the same time', () => {
  it('keep their events and their audio apart', async () => {
    const light = await start();
    const calls = await Promise.all([light.call(), light.call()]);
    const heard = calls.map(({ session }) => ({ session, own: heardBy(session) }));
    for (const call of [...calls, ...calls]) await call.talk();
    await Promise.all(calls.map(({ phone }) => phone.hangUp()));
    await until(() => light.relay.sessions.length === 0);
    for (const { session, own } of heard) {
      expect(new Set(own.map(({ sessionId }) => sessionId))).toEqual(new Set([session.id]));
      expect(typesOf(own).filter((type) => type === 'turn.end')).toHaveLength(2);
      expect(own.at(-1)).toMatchObject({ type: 'session.end', reason: 'hangup' });
      const ofRelay = light.events.filter(({ sessionId }) => sessionId === session.id);
      expect(ofRelay.slice(1)).toEqual(own);
    }
  });
});

describe('draining', () => {
  it('takes no new call, lets the running one finish, answers its last request, and closes', async () => {
    const light = await start();
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

  it('refuses a call whose session is still being made', async () => {
    const slow = slowSession();
    const light = await start({
      session: slow.session,
    });
    const phone = light.phone();
    await phone.dial();
    await until(() => slow.asked);
    const draining = light.relay.drain();
    slow.give();
    await phone.ended;
    await draining;
    expect(light.events).toEqual([]);
  });
});

describe('closing', () => {
  it('ends the calls, answers each one’s last request with a hang-up, and leaves nothing behind', async () => {
    const light = await start();
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

  it('ends sessions that wait', async () => {
    const light = await startEmpty();
    const session = createSession(lightSession(), { relay: light.relay });
    const events = heardBy(session);
    await light.relay.close();
    await session.closed;
    expect(events).toMatchObject([{ type: 'session.end', reason: 'shutdown' }]);
  });

  it('still answers the last request of a call that ended a moment before', async () => {
    const light = await start();
    const { session, phone } = await light.call();
    void session.end();
    await light.relay.close();
    expect(await phone.ended).toMatchObject({ verbs: ['Connect', 'Hangup'] });
  });

  it('waits a second for a carrier that does not ask', async () => {
    const light = await start();
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
    const light = await start();
    const { phone, session } = await light.call();
    await phone.hangUp();
    await session.closed;
    await light.relay.close();
    expect(light.clock.pendingTimers).toBe(0);
  });

  it('does not wait for a media socket that says nothing, not even goodbye', async () => {
    const light = await start();
    const { streamUrl } = await ring(light, 'CA1');
    const peer = await MediaPeer.open(streamUrl);
    peer.socket.pause();
    await light.relay.close();
    peer.socket.resume();
    await peer.ended();
  });

  it('ends the streams of those who watch', async () => {
    const light = await start();
    const watching = await fetch(`${light.url}/events`);
    const { session } = await light.call();
    await light.relay.close();
    const seen = await watching.text();
    expect(seen).toContain(`"type":"session.end"`);
    expect(seen).toContain(session.id);
  });
});

describe('the relay’s own listeners', () => {
  it('hear of every session, and one that throws is named and harms nobody', async () => {
    const light = await start();
    light.relay.on('session.start', () => {
      throw new Error('a bug of the user');
    });
    await (await light.call()).talk();
    expect(light.said).toContain('A relay listener of session.start failed: a bug of the user');
  });
});

describe('the session directory', () => {
  it('may fail without harm to a call', async () => {
    const light = await start({
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

  it('keeps what ended calls were', async () => {
    const light = await start();
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

describe('a config without inbound', () => {
  it('serves phone calls and browsers alike', async () => {
    const { stt, tts } = lightSession();
    const { relay } = await start({ session: { stt: stt!, tts: tts! } });
    expect(relay.canTake('twilio')).toBe(true);
    expect(relay.canTake('webrtc')).toBe(true);
    const session = await relay.claim({ transport: 'webrtc', parameters: {} });
    expect(session?.transportType).toBe('webrtc');
    await session?.end();
  });

  it('with one serves that kind only, and says so', async () => {
    const light = await start({ session: lightSession() });
    expect(light.relay.canTake('webrtc')).toBe(false);
    expect(light.said).toMatch(/it is a webrtc call, but sessions are for twilio calls only/);
  });

  it('ends a call whose session function gives a config of the other kind', async () => {
    const light = await start({ session: () => lightSession() });
    expect(await light.relay.claim({ transport: 'webrtc', parameters: {} })).toBeNull();
    expect(light.said).toMatch(/Its config is for twilio calls, but it is a webrtc call/);
  });
});

describe('a place that is kept for a call', () => {
  it('counts like a call until it is given back, once', async () => {
    const { relay } = await start({ maxSessions: 2, session: () => lightSession() });
    const places = [relay.reserve('webrtc'), relay.reserve('webrtc')];
    expect(relay.canTake('twilio')).toBe(false);
    expect(relay.reserve('webrtc')).toBeNull();
    places[0]?.release();
    places[0]?.release();
    expect(relay.canTake('twilio')).toBe(true);
    expect(relay.reserve('webrtc')).not.toBeNull();
    expect(relay.canTake('twilio')).toBe(false);
  });

  it('is a waiting session, which two calls cannot both have', async () => {
    const { relay } = await startEmpty();
    const session = relay.expectCall({ ...lightSession(), inbound: { type: 'webrtc' } });
    const place = relay.reserve('webrtc');
    expect(place).not.toBeNull();
    expect(relay.reserve('webrtc')).toBeNull();
    place?.release();
    expect(await relay.claim({ transport: 'webrtc', parameters: {} })).toBe(session);
    await session.end();
  });
});
