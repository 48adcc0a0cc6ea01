/** Pages of other origins, as browsers ask for them. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { LightRelay } from '../../../test/harness/light-relay.js';
import type { RelayOptions } from '../relay-options.js';

const own = 'http://localhost:5173';
let light: LightRelay | null = null;

afterEach(async () => {
  await light?.close();
  light = null;
});

async function start(options: Partial<RelayOptions> = { allowedOrigins: [own] }): Promise<LightRelay> {
  light = await LightRelay.start(options);
  return light;
}

interface Question {
  readonly path?: string;
  readonly origin?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a browser asks before a page of another origin may do something unusual. */
function preflight(
  relay: LightRelay,
  { path = '/webrtc/offer', origin = own, method = 'POST', headers = {} }: Question = {},
): Promise<Response> {
  return fetch(`${relay.url}${path}`, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': 'content-type',
      ...headers,
    },
  });
}

function post(relay: LightRelay, headers: Readonly<Record<string, string>>): Promise<Response> {
  return fetch(`${relay.url}/webrtc/offer`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: '{"type":"offer","sdp":"v=0"}',
  });
}

describe('a page of an allowed origin', () => {
  it.each([
    ['/webrtc/offer', 'POST'],
    ['/webrtc/0123', 'PATCH'],
    ['/webrtc/0123', 'DELETE'],
    ['/events', 'GET'],
  ])('may ask whether it may use %s by %s', async (path, method) => {
    const { ok, headers } = await preflight(await start(), { path, method });
    expect(ok).toBe(true);
    expect(headers.get('access-control-allow-origin')).toBe(own);
    expect(headers.get('access-control-allow-methods')).toContain(method);
    expect(headers.get('access-control-allow-headers')).toMatch(/authorization.*content-type.*if-match/);
    expect(headers.get('access-control-allow-credentials')).toBeNull();
    expect(headers.get('vary')).toBe('origin');
  });

  it('may ask from the internet for a relay on this machine', async () => {
    const asking = { headers: { 'access-control-request-private-network': 'true' } };
    const relay = await start();
    expect((await preflight(relay, asking)).headers.get('access-control-allow-private-network')).toBe('true');
    expect((await preflight(relay)).headers.get('access-control-allow-private-network')).toBeNull();
  });

  it('reads answers and refusals, and the headers in them that it needs', async () => {
    const { status, headers } = await post(await start(), { origin: own });
    expect(status).toBe(400);
    expect(headers.get('access-control-allow-origin')).toBe(own);
    expect(headers.get('access-control-expose-headers')).toMatch(/location.*etag.*link/);
  });

  it('reads the event stream', async () => {
    const relay = await start();
    const stop = new AbortController();
    const response = await fetch(`${relay.url}/events`, { headers: { origin: own }, signal: stop.signal });
    expect(response.headers.get('access-control-allow-origin')).toBe(own);
    stop.abort();
  });

  it('needs the token of a relay that can be reached from outside, and may ask before it has shown it', async () => {
    const relay = await start({
      publicUrl: 'https://relay.example',
      twilioAuthToken: 'secret',
      allowedOrigins: [own],
    });
    expect((await preflight(relay)).ok).toBe(true);
    const refused = await post(relay, { origin: own });
    expect(refused.status).toBe(401);
    expect(refused.headers.get('access-control-allow-origin')).toBe(own);
    const authorization = `Bearer ${relay.relay.access.token}`;
    expect((await post(relay, { origin: own, authorization })).status).toBe(400);
  });

  it('is let in behind a development server’s proxy too', async () => {
    // The proxy passes the page's Origin on and writes the relay's own Host.
    expect((await post(await start(), { origin: own })).status).toBe(400);
  });
});

describe('a page of another origin', () => {
  it.each([
    ['that no option allows', {}, own],
    ['beside the allowed one', { allowedOrigins: [own] }, 'http://localhost:5174'],
    ['of the same host over TLS', { allowedOrigins: [own] }, 'https://localhost:5173'],
  ])('%s is refused, and the log says how to allow it, once', async (_what, options, origin) => {
    const relay = await start(options);
    for (const { status, headers } of [
      await preflight(relay, { origin }),
      await post(relay, { origin }),
      await post(relay, { origin }),
    ]) {
      expect(status).toBe(403);
      expect(headers.get('access-control-allow-origin')).toBeNull();
    }
    expect(relay.notices).toEqual([
      {
        level: 'warn',
        message: `Pages of ${origin} may not use this relay: if they are yours, start the relay with --allow-origin ${origin} (allowedOrigins).`,
      },
    ]);
  });

  it.each(['null', 'file://'])('without an address cannot be allowed: %s', async (origin) => {
    const relay = await start();
    expect((await post(relay, { origin })).status).toBe(403);
    expect(relay.said).toMatch(/^Pages of \S+ may not use this relay/);
  });

  it('cannot fill the log with names', async () => {
    const relay = await start();
    for (let i = 0; i < 40; i++) await post(relay, { origin: `http://${i}.example` });
    expect(relay.notices).toHaveLength(20);
  });

  it('is not answered for where the request is from no page at all', async () => {
    const { headers } = await fetch(`${(await start()).url}/healthz`);
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });
});
