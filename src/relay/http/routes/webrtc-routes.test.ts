/** The routes of a browser's call as a WHIP client uses them (RFC 9725). */
import { afterEach, describe, expect, it } from '@jest/globals';
import { KeepingEar, LightRelay, lightSession } from '../../../../test/harness/light-relay.js';
import { eventually, settle } from '../../../../test/harness/peer-recorder.js';
import { offerConnection, type OfferedConnection } from '../../../transport/webrtc/offering-peer.js';
import type { RelayOptions } from '../../relay-options.js';

const fragmentType = 'application/trickle-ice-sdpfrag';
const candidateLines = /^a=(?:candidate|end-of-candidates).*\r\n/gm;
const session = () => ({ ...lightSession(new KeepingEar()), inbound: { type: 'webrtc' } as const });

let light: LightRelay;
const offers: OfferedConnection[] = [];

afterEach(async () => {
  for (const { connection } of offers.splice(0)) connection.close();
  await light.close();
});

async function start(options: Partial<RelayOptions> = {}): Promise<void> {
  light = await LightRelay.start({ session, ...options });
}

function ask(method: string, path: string, headers: Record<string, string> = {}, body?: string) {
  return fetch(new URL(path, light.url), { method, headers, ...(body !== undefined && { body }) });
}

async function offer(): Promise<OfferedConnection> {
  const offered = await offerConnection({ clock: light.clock, bindAddress: '127.0.0.1', withChannel: false });
  offers.push(offered);
  return offered;
}

/** A call whose two ends know no address of each other: only a patch can connect it. */
async function aloof() {
  const offered = await offer();
  const response = await ask(
    'POST',
    '/webrtc/offer',
    { 'content-type': 'application/sdp' },
    offered.offer.replace(candidateLines, ''),
  );
  offered.accept((await response.text()).replace(candidateLines, ''));
  const credentials = offered.offer.match(/^a=(?:ice-ufrag|ice-pwd|mid).*$/gm)?.join('\r\n') ?? '';
  const candidates = offered.offer.match(candidateLines)?.join('') ?? '';
  return {
    offered,
    location: response.headers.get('location') ?? '',
    etag: response.headers.get('etag') ?? '',
    fragment: `${credentials}\r\n${candidates}`,
  };
}

describe('the endpoint for offers', () => {
  it('says what may be posted, to any client', async () => {
    await start({ publicUrl: 'https://relay.example', twilioAuthToken: 'secret' });
    const { status, headers } = await ask('OPTIONS', '/webrtc/offer');
    expect(status).toBe(200);
    expect(headers.get('accept-post')).toBe('application/sdp');
    expect(headers.get('allow')).toBe('GET, HEAD, POST, OPTIONS');
  });

  it('says it to a browser too that asks for a page of an allowed origin', async () => {
    await start({ allowedOrigins: ['http://localhost:5173'] });
    const { status, headers } = await ask('OPTIONS', '/webrtc/offer', {
      origin: 'http://localhost:5173',
      'access-control-request-method': 'POST',
    });
    expect(status).toBe(200);
    expect(headers.get('accept-post')).toBe('application/sdp');
    expect(headers.get('access-control-allow-methods')).toContain('POST');
  });

  it('has nothing to show, and takes no other method', async () => {
    await start();
    for (const method of ['GET', 'HEAD']) expect((await ask(method, '/webrtc/offer')).status).toBe(204);
    for (const method of ['PUT', 'PATCH', 'DELETE']) {
      const { status, headers } = await ask(method, '/webrtc/offer', { 'content-type': 'text/x' }, 'x');
      expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD, POST, OPTIONS']);
    }
  });

  it('answers with the place of the session and the tag of its ICE session', async () => {
    await start();
    const first = await aloof();
    const second = await aloof();
    expect(first.location).toMatch(/^\/webrtc\/[0-9a-f]{32}$/);
    expect(first.etag).toMatch(/^"[0-9a-f]{16}"$/);
    expect(first.etag).not.toBe(second.etag);
  });

  it('names STUN servers that a client may use, and no credentials', async () => {
    const turn = { urls: 'turn:127.0.0.1:9', username: 'me', credential: 'hidden' };
    await start({ webrtc: { iceServers: ['stun:127.0.0.1:9', turn] } });
    const { offer: sdp } = await offer();
    const asking = ask('POST', '/webrtc/offer', { 'content-type': 'application/sdp' }, sdp);
    // Neither server answers, so the relay's own answer waits for its time-out.
    await eventually(() => light.clock.pendingTimers > 2);
    light.clock.advance(2000);
    const { status, headers } = await asking;
    expect(status).toBe(201);
    expect(headers.get('link')).toBe('<stun:127.0.0.1:9>; rel="ice-server"');
    expect(JSON.stringify([...headers])).not.toMatch(/hidden|turn/);
  });
});

describe('a session', () => {
  it('connects by candidates that come later', async () => {
    await start();
    const { offered, location, etag, fragment } = await aloof();
    light.clock.advance(1000);
    await settle();
    expect(light.relay.sessions).toEqual([]);
    const headers = { 'content-type': fragmentType, 'if-match': etag };
    const { status, headers: answered } = await ask('PATCH', location, headers, fragment);
    expect([status, answered.get('etag')]).toEqual([204, null]);
    expect(await offered.connection.connected).toBe(true);
  });

  it.each([
    ['with a parameter', `${fragmentType}; charset=utf-8`],
    ['in upper case', fragmentType.toUpperCase()],
  ])('takes a patch whose type is written %s', async (_what, type) => {
    await start();
    const { offered, location, etag, fragment } = await aloof();
    expect((await ask('PATCH', location, { 'content-type': type, 'if-match': etag }, fragment)).status).toBe(
      204,
    );
    expect(await offered.connection.connected).toBe(true);
  });

  it.each<[string, number, Record<string, string>, (fragment: string) => string]>([
    ['without an entity tag', 428, { 'content-type': fragmentType }, (fragment) => fragment],
    [
      'of another ICE session',
      412,
      { 'content-type': fragmentType, 'if-match': '"0"' },
      (fragment) => fragment,
    ],
    [
      'that asks for a restart',
      422,
      { 'content-type': fragmentType, 'if-match': '*' },
      (fragment) => fragment,
    ],
    [
      'with other credentials',
      422,
      { 'content-type': fragmentType, 'if-match': '"0"' },
      (fragment) => fragment.replace(/ice-ufrag:.*/, 'ice-ufrag:other'),
    ],
    ['that is no fragment', 400, { 'content-type': fragmentType, 'if-match': '"0"' }, () => 'hello'],
    ['that is JSON', 415, { 'content-type': 'application/json', 'if-match': '"0"' }, () => '{}'],
    ['of an unknown type', 415, { 'content-type': 'text/x', 'if-match': '"0"' }, (fragment) => fragment],
  ])('refuses a patch %s by %d, and goes on', async (_what, status, headers, spoil) => {
    await start();
    const { offered, location, etag, fragment } = await aloof();
    const refused = await ask('PATCH', location, headers, spoil(fragment));
    expect(refused.status).toBe(status);
    expect(await refused.json()).toEqual({ error: expect.stringMatching(/\.$/) });
    if (status === 415) expect(refused.headers.get('accept-patch')).toBe(fragmentType);
    const right = { 'content-type': fragmentType, 'if-match': etag };
    expect((await ask('PATCH', location, right, fragment)).status).toBe(204);
    expect(await offered.connection.connected).toBe(true);
  });

  it('takes no candidates of others’ addresses', async () => {
    await start();
    const { offered, location, etag, fragment } = await aloof();
    const elsewhere = fragment.replaceAll(' 127.0.0.1 ', ' 203.0.113.9 ');
    const headers = { 'content-type': fragmentType, 'if-match': etag };
    // Passed over without a word (RFC 9725, section 4.3.2).
    expect((await ask('PATCH', location, headers, elsewhere)).status).toBe(204);
    expect((await ask('PATCH', location, headers, fragment)).status).toBe(204);
    expect(await offered.connection.connected).toBe(true);
  });

  it('has nothing to show, takes no other method, and is gone when it was deleted, whatever the tag', async () => {
    await start();
    const { location } = await aloof();
    expect((await ask('GET', location)).status).toBe(204);
    for (const method of ['PUT', 'POST']) {
      const { status, headers } = await ask(method, location, { 'content-type': 'text/x' }, 'x');
      expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD, PATCH, DELETE, OPTIONS']);
    }
    const options = await ask('OPTIONS', location);
    expect([options.status, options.headers.get('accept-patch')]).toEqual([200, fragmentType]);
    expect((await ask('DELETE', location, { 'if-match': '"0"' })).status).toBe(204);
    await eventually(() => light.said.includes('no connection was established'));
    for (const method of ['GET', 'DELETE']) expect((await ask(method, location)).status).toBe(404);
    expect((await ask('PATCH', location, { 'content-type': fragmentType }, 'a=mid:0')).status).toBe(404);
  });

  it('needs the token where the relay can be reached from outside', async () => {
    await start({ publicUrl: 'https://relay.example', twilioAuthToken: 'secret' });
    for (const method of ['GET', 'PATCH', 'DELETE', 'PUT']) {
      const { status, headers } = await ask(method, '/webrtc/0123');
      expect([status, headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    }
  });
});
