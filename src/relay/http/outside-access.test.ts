import { afterEach, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { EventStreamReader } from '../../../test/harness/event-stream-reader.js';
import type { LightRelay } from '../../../test/harness/light-relay.js';
import { LightRelays } from '../../../test/harness/light-relays.js';
import { rawRequest, type RawAnswer } from '../../../test/harness/raw-request.js';

const relays = new LightRelays();

afterEach(() => relays.close());

describe('a relay that can be reached from outside', () => {
  const outside = { publicUrl: 'https://relay.example', twilioAuthToken: 'secret' };
  const privatePaths = [
    '/sessions',
    '/sessions/x',
    '/sessions/x/trace',
    '/voice/metrics?session_id=x',
    '/events',
  ];

  it('shows only its health without its token', async () => {
    const light = await relays.start(outside);
    expect((await rawRequest(`${light.url}/healthz`)).status).toBe(200);
    for (const path of privatePaths) {
      for (const [name, value] of [
        ['accept', '*/*'],
        ['authorization', 'Bearer wrong'],
        ['authorization', `Basic ${light.relay.access.token}`],
        ['cookie', 'hzrelay_token=wrong'],
      ] as const) {
        expect(await rawRequest(`${light.url}${path}`, { headers: { [name]: value } })).toMatchObject({
          status: 401,
          json: { error: expect.stringContaining('token') },
        });
      }
      const wrong = await rawRequest(`${light.url}${path}${path.includes('?') ? '&' : '?'}token=wrong`);
      expect(wrong.status).toBe(401);
      expect(wrong.headers['set-cookie']).toBeUndefined();
    }
    expect(light.clock.pendingTimers).toBe(0);
  });

  it('accepts the token as a bearer token', async () => {
    const light = await relays.start(outside);
    const headers = { authorization: `Bearer ${light.relay.access.token}` };
    const answer = await rawRequest(`${light.url}/sessions`, { headers });
    expect(answer).toMatchObject({ status: 200, json: { sessions: [] } });
    expect(answer.headers['set-cookie']).toBeUndefined();
  });

  it('accepts the token from the printed link, then from the cookie that it set', async () => {
    const light = await relays.start(outside);
    const { token } = light.relay.access;
    const first = await rawRequest(`${light.url}/sessions?token=${token}`, {
      headers: { host: 'relay.example' },
    });
    expect(first.status).toBe(200);
    const [cookie = ''] = first.headers['set-cookie'] ?? [];
    expect(cookie).toMatch(/; HttpOnly; SameSite=Strict; Path=\/; Secure$/);
    const headers = { cookie: `other=1; ${cookie.split(';')[0] ?? ''}` };
    expect((await rawRequest(`${light.url}/sessions`, { headers })).status).toBe(200);
    const reader = await EventStreamReader.open(`${light.url}/events?token=${token}`);
    expect(reader.headers['set-cookie']).toEqual([cookie]);
    reader.leave();
  });

  it('accepts the host and the origin of its public address', async () => {
    const light = await relays.start(outside);
    const headers = {
      host: 'relay.example',
      origin: 'https://relay.example',
      authorization: `Bearer ${light.relay.access.token}`,
    };
    expect((await rawRequest(`${light.url}/sessions`, { headers })).status).toBe(200);
  });

  it('closes Twilio’s routes if it cannot check signatures', async () => {
    const light = await relays.start({ publicUrl: 'https://relay.example' });
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    for (const path of ['/twilio/voice', '/twilio/after', '/twilio/status']) {
      const answer = await rawRequest(`${light.url}${path}`, {
        method: 'POST',
        headers: form,
        body: 'CallSid=CA1',
      });
      expect(answer).toMatchObject({
        status: 403,
        json: { error: expect.stringContaining('TWILIO_AUTH_TOKEN') },
      });
    }
    const socket = new WebSocket(`${light.url}/twilio/media`);
    const refusal = await new Promise<Error>((resolve) => socket.on('error', resolve));
    expect(refusal.message).toContain('403');
    expect(light.said).toContain('TWILIO_AUTH_TOKEN is not set');
  });
});

describe('a relay that is exposed while it runs', () => {
  const host = 'late.ngrok.app';
  const sessions = (light: LightRelay, headers: Record<string, string> = {}): Promise<RawAnswer> =>
    rawRequest(`${light.relay.url}/sessions`, { headers });

  it('refuses its tunnel’s host until it is exposed, then requires the token everywhere, even locally', async () => {
    const light = await relays.start();
    expect((await sessions(light)).status).toBe(200);
    expect((await sessions(light, { host })).status).toBe(403);
    light.relay.expose(`https://${host}`);
    expect(light.relay.publicUrl).toBe(`https://${host}`);
    expect((await sessions(light)).status).toBe(401);
    expect((await sessions(light, { host })).status).toBe(401);
    const authorization = `Bearer ${light.relay.access.token}`;
    expect((await sessions(light, { host, authorization })).status).toBe(200);
    expect(
      (await rawRequest(`${light.relay.url}/twilio/voice`, { method: 'POST', headers: { host } })).status,
    ).toBe(403);
  });

  it('is open to this machine only once it is no longer exposed', async () => {
    const light = await relays.start();
    light.relay.expose(`https://${host}`);
    light.relay.expose(null);
    expect((await sessions(light)).status).toBe(200);
    expect((await sessions(light, { host })).status).toBe(403);
  });

  it('accepts only a base address', async () => {
    const light = await relays.start();
    expect(() => light.relay.expose('https://example.com?path')).toThrow(/base address/);
    expect(light.relay.publicUrl).toBeNull();
  });
});
