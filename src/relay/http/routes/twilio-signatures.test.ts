import { afterEach, describe, expect, it } from '@jest/globals';
import { twilioSignature } from '../../../simulators/phone/simulated-phone-webhook.js';
import { until } from '../../../../test/harness/light-relay.js';
import { LightRelays } from '../../../../test/harness/light-relays.js';
import { postForm, upgradeStatus } from '../../../../test/harness/twilio-requests.js';

const relays = new LightRelays();

afterEach(() => relays.close());

const authToken = 'the account’s token';

describe('signatures', () => {
  it.each([
    ['the local origin', undefined],
    ['the public address', 'https://relay.example'],
    ['a public address with a port', 'https://relay.example:8443'],
  ])('are required on every request, for %s', async (_what, publicUrl) => {
    const light = await relays.start({
      twilioAuthToken: authToken,
      ...(publicUrl !== undefined && { publicUrl }),
    });
    const origin = publicUrl ?? light.url;
    const fields = { CallSid: 'CA1', CallStatus: 'ringing', From: '+1' };
    const routes = [
      ['/twilio/voice', 200],
      ['/twilio/after', 200],
      ['/twilio/status', 204],
    ] as const;
    for (const [path, status] of routes) {
      const [url, signedUrl] = [`${light.url}${path}`, `${origin}${path}`];
      const right = twilioSignature(authToken, signedUrl, fields);
      const wrong = [
        undefined,
        '',
        'nonsense',
        twilioSignature('another token', signedUrl, fields),
        twilioSignature(authToken, `https://elsewhere.example${path}`, fields),
        twilioSignature(authToken, signedUrl, { ...fields, From: '+2' }),
        twilioSignature(authToken, signedUrl, { ...fields, More: 'x' }),
      ];
      for (const signature of wrong) {
        const refusal = await postForm(url, fields, signature);
        expect(refusal.status).toBe(403);
        expect(refusal.text).not.toContain(authToken);
      }
      expect((await postForm(url, fields, right)).status).toBe(status);
      // Signed for one call, but sent with the fields of another.
      expect((await postForm(url, { ...fields, CallSid: 'CA2' }, right)).status).toBe(403);
    }
    const notices = light.notices.filter(({ level }) => level === 'warn');
    // Three lines for 24 refusals: the 1st of the 6 unsigned ones, the 1st and the 10th of the 18 with a wrong signature.
    expect(notices).toHaveLength(3);
    expect(light.said).toContain('it is not signed');
    expect(light.said).toContain('its signature is wrong');
    expect(light.said).not.toContain(authToken);
  });

  it.each([
    ['the local origin', undefined],
    ['the public address', 'https://relay.example'],
  ])('are required on the media socket, for %s', async (_what, publicUrl) => {
    const light = await relays.start({
      twilioAuthToken: authToken,
      ...(publicUrl !== undefined && { publicUrl }),
    });
    const url = `${light.url.replace('http', 'ws')}/twilio/media`;
    const signedUrl = `${(publicUrl ?? light.url).replace('http', 'ws')}/twilio/media`;
    expect(await upgradeStatus(url)).toBe(403);
    expect(await upgradeStatus(url, twilioSignature('another token', signedUrl, {}))).toBe(403);
    expect(
      await upgradeStatus(url, twilioSignature(authToken, 'wss://elsewhere.example/twilio/media', {})),
    ).toBe(403);
    expect(await upgradeStatus(url, twilioSignature(authToken, signedUrl, {}))).toBe(101);
    expect(await upgradeStatus(url, twilioSignature(authToken, `${signedUrl}/`, {}))).toBe(101);
    expect(await upgradeStatus(url, twilioSignature(authToken, signedUrl.replace('ws', 'http'), {}))).toBe(
      101,
    );
    await until(() => light.clock.pendingTimers === 0);
  });

  it('made as Twilio makes them let a whole call through', async () => {
    const light = await relays.start({ twilioAuthToken: authToken });
    const call = await light.call();
    await call.talk();
    void call.session.end();
    expect(await call.phone.ended).toMatchObject({ verbs: ['Connect', 'Hangup'] });
    expect(light.notices).toEqual([]);
  });

  it('of another account are refused', async () => {
    const light = await relays.start({ twilioAuthToken: authToken });
    await expect(light.phone({ authToken: 'another token' }).dial()).rejects.toThrow(/403/);
    expect(light.relay.sessions).toEqual([]);
  });
});
