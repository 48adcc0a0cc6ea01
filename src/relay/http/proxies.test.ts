import { afterEach, describe, expect, it } from '@jest/globals';
import { request } from 'node:http';
import { openEventFeed } from '../../relay-client/event-feed.js';
import { twilioSignature } from '../../simulators/phone/simulated-phone-webhook.js';
import type { SessionEvent } from '../../events/session-event.js';
import { LightRelay, until } from '../../../test/harness/light-relay.js';
import { upgradeStatus } from '../../../test/harness/twilio-requests.js';
import {
  startReverseProxy,
  type ReverseProxy,
  type ReverseProxyOptions,
} from '../../../test/harness/reverse-proxy.js';
import type { RelayOptions } from '../relay-options.js';

const authToken = 'the account’s token';
const form = 'application/x-www-form-urlencoded';

let light: LightRelay | null = null;
let proxy: ReverseProxy | null = null;

afterEach(async () => {
  await light?.close();
  await proxy?.close();
  expect(light?.clock.pendingTimers ?? 0).toBe(0);
  [light, proxy] = [null, null];
});

async function start(options: Partial<RelayOptions> = {}): Promise<LightRelay> {
  light = await LightRelay.start(options);
  return light;
}

/** A relay whose public address leads through a proxy, below a path. */
async function behind(
  path: string,
  options: ReverseProxyOptions,
): Promise<{ readonly relay: LightRelay; readonly publicUrl: string }> {
  proxy = await startReverseProxy(options);
  const publicUrl = `${proxy.url}${path}`;
  const relay = await start({ publicUrl, twilioAuthToken: authToken });
  proxy.leadTo(relay.url);
  return { relay, publicUrl };
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** A request with a Host of one's own, which `fetch` would not send. */
function ask(
  url: string,
  {
    method = 'GET',
    headers = {},
    body = '',
  }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asking = request(url, { method, headers, agent: false });
    asking.on('error', reject);
    asking.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (more: string) => (text += more));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
      );
    });
    asking.end(body);
  });
}

/** A webhook that Twilio signed for the public address, as it arrives at the relay. */
function webhook(light: LightRelay, publicUrl: string, headers: Record<string, string>): Promise<Answer> {
  const signature = twilioSignature(authToken, `${publicUrl}/twilio/voice`, { CallSid: 'CA1' });
  return ask(`${light.url}/twilio/voice`, {
    method: 'POST',
    headers: { 'content-type': form, 'x-twilio-signature': signature, ...headers },
    body: 'CallSid=CA1',
  });
}

describe('a whole call', () => {
  it.each<[string, string, ReverseProxyOptions]>([
    ['that calls the relay by the name of its service', '', { host: 'relay:8787' }],
    ['that calls it by an address inside a cluster', '', { host: '10.42.0.17' }],
    ['that passes the path on', '/voice', {}],
    ['that passes a path of the name of a route on', '/twilio', {}],
    ['that strips the path', '/voice', { strips: '/voice' }],
    ['that strips a path of the name of a route', '/twilio', { strips: '/twilio' }],
    ['that strips a deep path and changes the name', '/a/b%20c', { strips: '/a/b%20c', host: 'relay' }],
    ['that passes a path on and changes the name', '/voice/', { host: 'relay:8787' }],
  ])('comes through a proxy %s', async (_what, path, options) => {
    const { relay, publicUrl } = await behind(path, options);
    const base = publicUrl.replace(/\/$/, '');
    const call = await relay.call({ voiceUrl: `${base}/twilio/voice` });
    await call.talk();
    void call.session.end();
    expect(await call.phone.ended).toMatchObject({ verbs: ['Connect', 'Hangup'] });
    expect(relay.notices).toEqual([]);
    expect(relay.relay.publicUrl).toBe(base);
  });

  it.each<[string, ReverseProxyOptions]>([
    ['passed on', {}],
    ['stripped', { strips: '/voice' }],
  ])('can be followed below a path that is %s', async (_what, options) => {
    const { relay, publicUrl } = await behind('/voice', { host: 'relay:8787', ...options });
    const events: SessionEvent[] = [];
    const feed = await openEventFeed(publicUrl, {
      token: relay.relay.access.token,
      clock: relay.clock,
      onEvent: (event) => void events.push(event),
    });
    await relay.call({ voiceUrl: `${publicUrl}/twilio/voice` });
    await until(() => events.some(({ type }) => type === 'session.start'));
    feed.close();
    await until(() => relay.events.length > 0);
  });
});

describe('the page below a path', () => {
  it.each<[string, ReverseProxyOptions, string]>([
    ['passed on', {}, '/voice/'],
    ['stripped', { strips: '/voice' }, '/'],
  ])('is there, with a cookie, where the path is %s', async (_what, options, cookiePath) => {
    const { relay, publicUrl } = await behind('/voice', options);
    const page = await fetch(`${publicUrl}/?token=${relay.relay.access.token}`);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('page/main.js');
    expect(page.headers.get('set-cookie')).toContain(`; Path=${cookiePath}`);
  });

  it('is found without the slash too, so that its relative links lead to the relay', async () => {
    const { publicUrl } = await behind('/voice', {});
    const answer = await fetch(`${publicUrl}?token=x`, { redirect: 'manual' });
    expect(answer.status).toBe(308);
    expect(answer.headers.get('location')).toBe('/voice/?token=x');
  });

  it('leads to routes that are not beside it', async () => {
    const { relay, publicUrl } = await behind('/voice', {});
    const authorization = `Bearer ${relay.relay.access.token}`;
    const metrics = await fetch(`${publicUrl}/metrics`, { headers: { authorization } });
    expect(await metrics.text()).toContain('hzrelay_sessions');
    const ofSession = await fetch(`${publicUrl}/voice/metrics?session_id=x`, { headers: { authorization } });
    expect(await ofSession.json()).toEqual({ error: expect.stringContaining('no session x') });
    // The same behind a proxy that strips the path, whose name is also that of a route.
    const stripped = await ask(`${relay.url}/voice/metrics?session_id=x`, { headers: { authorization } });
    expect(stripped.text).toContain('no session x');
    expect((await fetch(`${publicUrl}x/metrics`, { headers: { authorization } })).status).toBe(404);
  });
});

describe('the Host of a request', () => {
  const publicUrl = 'https://relay.example/voice';

  it.each(['relay:8787', 'relay.example', 'relay.example:443', 'RELAY.example', '10.0.0.7', 'backend_pool'])(
    'may be %s for what Twilio signed',
    async (host) => {
      const relay = await start({ publicUrl, twilioAuthToken: authToken });
      const { status, text } = await webhook(relay, publicUrl, { host });
      expect({ status, notices: relay.notices }).toEqual({ status: 200, notices: [] });
      expect(text).toContain('wss://relay.example/voice/twilio/media');
      expect(text).toContain('https://relay.example/voice/twilio/after');
    },
  );

  it('may be a proxy’s for a media socket that Twilio signed, and for none else', async () => {
    const relay = await start({ publicUrl, twilioAuthToken: authToken });
    const url = `${relay.url.replace('http', 'ws')}/twilio/media`;
    const open = (signature: string): Promise<number> => upgradeStatus(url, signature, 'relay:8787');
    const signed = (over: string): string => twilioSignature(authToken, over, {});
    expect(await open(signed('wss://relay.example/voice/twilio/media'))).toBe(101);
    expect(await open(signed('wss://relay.example:443/voice/twilio/media/'))).toBe(101);
    expect(await open(signed('wss://relay.example/twilio/media'))).toBe(403);
    expect(await open(signed('wss://relay:8787/voice/twilio/media'))).toBe(403);
    await until(() => relay.clock.pendingTimers === 0);
  });

  it('is no proof by itself: what a proxy passes on must be signed for the public address', async () => {
    const relay = await start({ publicUrl, twilioAuthToken: authToken });
    expect((await webhook(relay, 'https://elsewhere.example/voice', { host: 'relay:8787' })).status).toBe(
      403,
    );
    expect(relay.said).toContain('TWILIO_AUTH_TOKEN over https://relay.example/voice/twilio/voice');
  });

  it('may be a proxy’s if the client has the token', async () => {
    const relay = await start({ publicUrl, twilioAuthToken: authToken });
    const { token } = relay.relay.access;
    const headers = { host: 'relay:8787', origin: 'https://relay.example' };
    const authorization = `Bearer ${token}`;
    expect((await ask(`${relay.url}/sessions`, { headers: { ...headers, authorization } })).status).toBe(200);
    expect((await ask(`${relay.url}/?token=${token}`, { headers })).status).toBe(200);
    expect(relay.notices).toEqual([]);
    expect((await ask(`${relay.url}/sessions`, { headers })).status).toBe(403);
    expect(relay.said).toMatch(
      /names the host relay:8787, but this relay is https:\/\/relay\.example\/voice.*\$host/,
    );
  });

  it.each(['relay:8787', 'rebound.example', '', 'x'.repeat(1000)])(
    'may be %j for the health check',
    async (host) => {
      const relay = await start();
      expect(await ask(`${relay.url}/healthz`, { headers: { host } })).toMatchObject({ status: 200 });
      expect(relay.notices).toEqual([]);
    },
  );

  it('must be the relay’s own where it has no public address, and the log says what to do', async () => {
    const relay = await start({ twilioAuthToken: authToken });
    // Signed over whatever the Host header says, this would be any page's that was rebound to this machine.
    const { status } = await webhook(relay, 'http://rebound.example', { host: 'rebound.example' });
    expect(status).toBe(403);
    const authorization = `Bearer ${relay.relay.access.token}`;
    const headers = { host: 'rebound.example\u001b[2J', authorization };
    expect(
      (await ask(`${relay.url}/sessions`, { headers: { ...headers, host: 'rebound.example' } })).status,
    ).toBe(403);
    expect(relay.notices).toEqual([
      {
        level: 'warn',
        message:
          'A request to /twilio/voice was refused: it names the host rebound.example, which is not one of this relay’s. If a proxy or tunnel leads here, name it: --public-url https://… (publicUrl).',
      },
    ]);
  });
});
