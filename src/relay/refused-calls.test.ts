import { afterEach, describe, expect, it } from '@jest/globals';
import { lightSession, until } from '../../test/harness/light-relay.js';
import { LightRelays } from '../../test/harness/light-relays.js';
import { SlowSession } from '../../test/harness/slow-session.js';
import { createSession } from './create.js';

const relays = new LightRelays();

afterEach(() => relays.close());

describe('a call that cannot be taken', () => {
  it('gets a busy answer if no session waits, and the log names createRelay({ session, onSession })', async () => {
    const light = await relays.startWithoutConfig();
    const phone = light.phone();
    await phone.dial();
    expect(await phone.ended).toMatchObject({ how: 'rejected', reason: 'busy', verbs: ['Reject'] });
    expect(light.notices).toEqual([
      { level: 'warn', message: expect.stringContaining('createRelay({ session, onSession })') },
    ]);
  });

  it('gets a busy answer while maxSessions calls run', async () => {
    const light = await relays.start({ maxSessions: 1 });
    const first = await light.call();
    const second = light.phone();
    await second.dial();
    expect(await second.ended).toMatchObject({ how: 'rejected', reason: 'busy' });
    expect(light.said).toContain('1 sessions are in calls already (maxSessions)');
    await first.talk();
    await first.phone.hangUp();
    await until(() => light.relay.sessions.length === 0);
    await (await light.call()).talk();
  });

  it('gets a busy answer while the last place’s session is being made', async () => {
    const slow = new SlowSession();
    const light = await relays.start({
      maxSessions: 1,
      session: slow.config,
    });
    await light.phone().dial();
    await until(() => slow.isAsked);
    const second = light.phone();
    await second.dial();
    expect(await second.ended).toMatchObject({ how: 'rejected', reason: 'busy' });
    slow.give();
    await until(() => light.relay.sessions.length === 1);
  });

  it('leaves waiting sessions alone, even if the listener of notices throws', async () => {
    const light = await relays.startWithoutConfig({
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

describe('a reserved place', () => {
  it('counts as a call until it is released, and is released only once', async () => {
    const { relay } = await relays.start({ maxSessions: 2, session: () => lightSession() });
    const places = [relay.reserve('webrtc'), relay.reserve('webrtc')];
    expect(relay.canTake('twilio')).toBe(false);
    expect(relay.reserve('webrtc')).toBeNull();
    places[0]?.release();
    places[0]?.release();
    expect(relay.canTake('twilio')).toBe(true);
    expect(relay.reserve('webrtc')).not.toBeNull();
    expect(relay.canTake('twilio')).toBe(false);
  });

  it('takes a waiting session, which a second call cannot have', async () => {
    const { relay } = await relays.startWithoutConfig();
    const session = relay.expectCall({ ...lightSession(), inbound: { type: 'webrtc' } });
    const place = relay.reserve('webrtc');
    expect(place).not.toBeNull();
    expect(relay.reserve('webrtc')).toBeNull();
    place?.release();
    expect(await relay.claim({ transport: 'webrtc', parameters: {} })).toBe(session);
    await session.end();
  });
});
