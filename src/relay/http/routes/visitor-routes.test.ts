import { afterEach, describe, expect, it } from '@jest/globals';
import type { LightRelay } from '../../../../test/harness/light-relay.js';
import { LightRelays } from '../../../../test/harness/light-relays.js';

const relays = new LightRelays();

afterEach(() => relays.close());

function start(): Promise<LightRelay> {
  return relays.start({ publicUrl: 'https://relay.example', twilioAuthToken: 'secret' });
}

/** The status of a request with this bearer token. */
async function status(light: LightRelay, method: string, path: string, token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  const offer = {
    headers: { ...headers, 'content-type': 'application/json' },
    body: '{"type":"offer","sdp":"none"}',
  };
  const init = { method, headers, ...(method === 'POST' && offer) };
  return (await fetch(`${light.url}${path}`, init)).status;
}

describe('a visitor’s token', () => {
  it('admits offers of calls for a minute, and nothing else', async () => {
    const light = await start();
    const token = light.relay.visitorToken();
    // The offer itself is none.
    expect(await status(light, 'POST', '/webrtc/offer', token)).toBe(400);
    for (const path of [
      '/',
      '/about',
      '/calls',
      '/sessions',
      '/events',
      '/sessions/00000000/audio',
      '/metrics',
    ])
      expect(`${path} ${await status(light, 'GET', path, token)}`).toBe(`${path} 401`);
    expect(await status(light, 'POST', '/visitor-tokens', token)).toBe(401);
    expect(await status(light, 'DELETE', '/webrtc/00000000000000000000000000000000', token)).toBe(404);
    light.clock.advance(60_001);
    expect(await status(light, 'POST', '/webrtc/offer', token)).toBe(401);
  });

  it.each([0, -1, NaN, Infinity, 1e300])('is not made for %d ms', async (validForMs) => {
    const light = await start();
    expect(() => light.relay.visitorToken({ validForMs })).toThrow(RangeError);
  });

  it('cannot be changed or invented, and is of one relay', async () => {
    const [light, other] = [await start(), await start()];
    const token = light.relay.visitorToken({ validForMs: 1000 });
    const [expires = '', nonce = '', seal = ''] = token.split('.');
    const wrong = [
      `${Number(expires) + 1_000_000}.${nonce}.${seal}`,
      `${expires}.${nonce}x.${seal}`,
      `${expires}.${nonce}.`,
      `${expires}.${nonce}`,
      '..',
      other.relay.visitorToken(),
    ];
    for (const each of wrong) expect(await status(light, 'POST', '/webrtc/offer', each)).toBe(401);
    expect(await status(light, 'POST', '/webrtc/offer', token)).toBe(400);
  });

  it('is made over HTTP too, with the relay’s own', async () => {
    const light = await start();
    const { token: own } = light.relay.access;
    const path = '/visitor-tokens?valid_for_s=5';
    const headers = { authorization: `Bearer ${own}` };
    const answer = await fetch(`${light.url}${path}`, { method: 'POST', headers });
    const { token } = (await answer.json()) as { readonly token: string };
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([201, 'no-store']);
    expect(await status(light, 'POST', '/webrtc/offer', token)).toBe(400);
    light.clock.advance(5001);
    expect(await status(light, 'POST', '/webrtc/offer', token)).toBe(401);
    expect(await status(light, 'POST', '/visitor-tokens?valid_for_s=0', own)).toBe(400);
    expect(await status(light, 'POST', '/visitor-tokens', 'wrong')).toBe(401);
  });
});
