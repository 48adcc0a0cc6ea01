import { afterEach, describe, expect, it } from '@jest/globals';
import { eventsOf, typesOf } from '../../test/harness/kept-events.js';
import { KeepingEar, lightSession, toneVoice, until } from '../../test/harness/light-relay.js';
import { LightRelays } from '../../test/harness/light-relays.js';
import type { TextToSpeech } from '../providers/text-to-speech.js';
import type { IncomingCall } from './relay-options.js';

const relays = new LightRelays();

afterEach(() => relays.close());

describe('the session of a call', () => {
  it('is made from the config, a new one for every call', async () => {
    const met: string[] = [];
    const light = await relays.start({ session: lightSession(), onSession: ({ id }) => met.push(id) });
    const calls = [await light.call(), await light.call()];
    expect(new Set(met).size).toBe(2);
    expect(calls.map(({ session }) => session.id)).toEqual(met);
    expect(light.relay.sessions.map(({ id }) => id)).toEqual(met);
    expect(calls.map(({ session }) => light.relay.session(session.id))).toEqual(
      calls.map(({ session }) => session),
    );
  });

  it('may depend on the caller', async () => {
    const asked: IncomingCall[] = [];
    const light = await relays.start({
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

  it('emits no event before onSession has run', async () => {
    const seen: string[] = [];
    const light = await relays.start({
      onSession: (session) => session.on('*', ({ type }) => seen.push(type)),
    });
    const { phone } = await light.call();
    await phone.hangUp();
    await until(() => seen.includes('session.end'));
    expect(seen).toEqual(['session.start', 'session.end']);
  });

  it('goes on if onSession throws or rejects', async () => {
    let calls = 0;
    const light = await relays.start({
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

  it('does not exist if the function fails; the caller hears the fallback and other calls go on', async () => {
    const light = await relays.start({
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

  it('is given up if its config takes more than ten seconds', async () => {
    const light = await relays.start({ session: () => new Promise(() => undefined) });
    const phone = light.phone();
    await phone.dial();
    const end = await light.run(phone.ended);
    expect(end.said).toEqual(['We are sorry, the connection was lost. Please call again.']);
    expect(light.said).toContain('gave no config in 10 s');
  });

  it('that cannot start ends with an error on the log; another call goes on', async () => {
    const broken: TextToSpeech = { ...toneVoice, produces: { encodings: ['linear16'], sampleRatesHz: [3] } };
    const ears = new Map<string, KeepingEar>();
    let isBroken = false;
    const light = await relays.start({
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

describe('calls at the same time', () => {
  it('keep their events and their audio apart', async () => {
    const light = await relays.start();
    const calls = await Promise.all([light.call(), light.call()]);
    const heard = calls.map(({ session }) => ({ session, own: eventsOf(session) }));
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

describe('the kind of a call', () => {
  it('may be either where the config has no inbound', async () => {
    const { stt, tts } = lightSession();
    const { relay } = await relays.start({ session: { stt: stt!, tts: tts! } });
    expect(relay.canTake('twilio')).toBe(true);
    expect(relay.canTake('webrtc')).toBe(true);
    const session = await relay.claim({ transport: 'webrtc', parameters: {} });
    expect(session?.transportType).toBe('webrtc');
    await session?.end();
  });

  it('must be that of the config’s inbound, and the log says so', async () => {
    const light = await relays.start({ session: lightSession() });
    expect(light.relay.canTake('webrtc')).toBe(false);
    expect(light.said).toMatch(/it is a webrtc call, but sessions are for twilio calls only/);
  });

  it('must be that of the config which the session function returns', async () => {
    const light = await relays.start({ session: () => lightSession() });
    expect(await light.relay.claim({ transport: 'webrtc', parameters: {} })).toBeNull();
    expect(light.said).toMatch(/Its config is for twilio calls, but it is a webrtc call/);
  });
});
