import { afterEach, describe, expect, it } from '@jest/globals';
import { twilioSignature } from '../../../simulators/phone/simulated-phone-webhook.js';
import { lightSession, until } from '../../../../test/harness/light-relay.js';
import { LightRelays } from '../../../../test/harness/light-relays.js';
import { beginCall, ring } from '../../../../test/harness/media-peer.js';
import { afterCall, postForm } from '../../../../test/harness/twilio-requests.js';

const relays = new LightRelays();

afterEach(() => relays.close());

const authToken = 'the account’s token';

describe('the voice webhook', () => {
  it('connects a call to the media stream with a new token, and names the route for its last request', async () => {
    const light = await relays.start();
    const calls = [await ring(light, 'CA1'), await ring(light, 'CA1'), await ring(light, 'CA2')];
    expect(new Set(calls.map(({ token }) => token)).size).toBe(3);
    for (const [index, { token, streamUrl, verbs }] of calls.entries()) {
      expect(token).toMatch(/^[0-9a-f]{32}$/);
      expect(streamUrl).toBe(`${light.url.replace('http', 'ws')}/twilio/media`);
      expect(verbs[0]?.attributes).toEqual({ action: `${light.url}/twilio/after?answer=${index + 1}` });
    }
  });

  it('gives public addresses on a relay with a public URL', async () => {
    const light = await relays.start({ publicUrl: 'https://relay.example', twilioAuthToken: authToken });
    const fields = { CallSid: 'CA1' };
    const signature = twilioSignature(authToken, 'https://relay.example/twilio/voice', fields);
    const { text } = await postForm(`${light.url}/twilio/voice`, fields, signature);
    expect(text).toContain('wss://relay.example/twilio/media');
    expect(text).toContain('https://relay.example/twilio/after');
  });
});

describe('the answer to the last request of a call', () => {
  it.each(['ended', 'completed', 'idle_timeout', 'max_duration'] as const)(
    'is a hang-up if the relay ended the call: %s',
    async (reason) => {
      const light = await relays.start();
      const { session, phone } = await light.call();
      void session.end(reason);
      expect(await phone.ended).toMatchObject({
        how: 'relay_hung_up',
        verbs: ['Connect', 'Hangup'],
        said: [],
      });
    },
  );

  it.each(['transport_error', 'provider_error'] as const)(
    'is an apology if the call broke off: %s',
    async (reason) => {
      const light = await relays.start();
      const { session, phone } = await light.call();
      void session.end(reason);
      expect(await phone.ended).toMatchObject({
        verbs: ['Connect', 'Say', 'Hangup'],
        said: ['We are sorry, the connection was lost. Please call again.'],
      });
    },
  );

  it('is a hang-up if the caller hung up, and ends a session that waits for its stream', async () => {
    const light = await relays.start();
    const peer = await beginCall(light, 'CA1');
    peer.vanish();
    await until(() => light.relay.sessions[0]?.state === 'reconnecting');
    expect(await afterCall(light, { CallSid: 'CA1', CallStatus: 'completed' })).toEqual(['Hangup']);
    await until(() => light.relay.sessions.length === 0);
    expect(light.events.at(-1)).toMatchObject({ type: 'session.end', reason: 'hangup' });
    expect(await afterCall(light, { CallSid: 'CA1', CallStatus: 'in-progress' })).toEqual(['Say', 'Hangup']);
  });

  it('is another stream if the connection was lost, and an apology if the session does not wait', async () => {
    const light = await relays.start();
    const peer = await beginCall(light, 'CA1');
    peer.vanish();
    expect(await afterCall(light, { CallSid: 'CA1', CallStatus: 'in-progress' })).toEqual(['Connect']);
    await relays.close();
    const impatient = await relays.start({ session: { ...lightSession(), reconnect: false } });
    (await beginCall(impatient, 'CA1')).vanish();
    await until(() => impatient.relay.sessions.length === 0);
    expect(impatient.events.at(-1)).toMatchObject({ type: 'session.end', reason: 'connection_lost' });
    const windows = [light, impatient].map(({ events }) => events[0]);
    expect(windows).toMatchObject([{ reconnectWindowMs: 15_000 }, { reconnectWindowMs: 0 }]);
    expect(await afterCall(impatient, { CallSid: 'CA1', CallStatus: 'in-progress' })).toEqual([
      'Say',
      'Hangup',
    ]);
  });

  it('is an apology for a call without a session and for an unknown call', async () => {
    const light = await relays.start();
    expect(await afterCall(light, { CallSid: 'CA9' })).toEqual(['Say', 'Hangup']);
    expect(await afterCall(light, {})).toEqual(['Say', 'Hangup']);
  });

  it('depends on the latest stream of the call', async () => {
    const light = await relays.start();
    const [first] = [await beginCall(light, 'CA1')];
    await light.relay.sessions[0]?.end();
    await first.ended();
    expect(await afterCall(light, { CallSid: 'CA1' })).toEqual(['Hangup']);
    light.events.length = 0;
    const second = await beginCall(light, 'CA1');
    await light.relay.sessions[0]?.end('provider_error');
    await second.ended();
    expect(await afterCall(light, { CallSid: 'CA1' })).toEqual(['Say', 'Hangup']);
  });
});

describe('the status callback', () => {
  it('is logged, shortened and without control characters', async () => {
    const light = await relays.start();
    const url = `${light.url}/twilio/status`;
    expect(await postForm(url, { CallSid: 'CA1', CallStatus: 'completed' })).toEqual({
      status: 204,
      text: '',
    });
    await postForm(url, { CallSid: '\u001b[2J'.repeat(100), CallStatus: 'x\ny' });
    await postForm(url, {});
    expect(light.notices.map(({ level }) => level)).toEqual(['info', 'info', 'info']);
    const [first, second, third] = light.notices.map(({ message }) => message);
    expect(first).toBe('twilio call CA1: completed');
    expect(Array.from(second ?? '').every((character) => character >= ' ')).toBe(true);
    expect(second?.length).toBeLessThan(150);
    expect(third).toBe('twilio call (no CallSid): (no status)');
  });
});
