import { afterEach, describe, expect, it } from '@jest/globals';
import { request, type IncomingHttpHeaders } from 'node:http';
import { LightRelay } from '../../../../test/harness/light-relay.js';
import type { RelayOptions } from '../../relay-options.js';

let open: LightRelay | null = null;

afterEach(async () => {
  await open?.close();
  open = null;
});

async function start(options: Partial<RelayOptions> = {}): Promise<LightRelay> {
  open = await LightRelay.start(options);
  return open;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A GET whose path goes over the wire as it is, where `fetch` would tidy it. */
function get(relay: LightRelay, path: string, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asking = request(relay.url, { path, headers, agent: false });
    asking.on('error', reject);
    asking.on('response', (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    });
    asking.end();
  });
}

/** The addresses that a file of the page names: of modules, style sheets and pictures. */
function namedIn(text: string, at: string): string[] {
  const names = /(?:from|import|src=|href=|new URL\()\s*['"]([^'"]+\.(?:js|css|svg))['"]/g;
  return [...text.matchAll(names)].map(([, name = '']) => new URL(name, `http://page${at}`).pathname);
}

describe('the page’s files', () => {
  it('are all there: whatever the page or one of its modules names', async () => {
    const relay = await start();
    const waiting = ['/'];
    const seen = new Map<string, Answer>();
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      if (seen.has(path)) continue;
      const answer = await get(relay, path);
      seen.set(path, answer);
      expect(`${path} ${answer.status}`).toBe(`${path} 200`);
      waiting.push(...namedIn(answer.body, path));
    }
    expect([...seen.keys()]).toEqual(
      expect.arrayContaining(['/page/style.css', '/page/icon.svg', '/page/main.js', '/page/edge-worklet.js']),
    );
    for (const [path, { body }] of seen) {
      expect(`${path}: ${/['"]node:/.exec(body)?.[0] ?? ''}`).toBe(`${path}: `);
    }
  });

  it('may load from and talk to this relay only', async () => {
    const { headers } = await get(await start(), '/');
    expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self';");
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'permissions-policy': expect.stringContaining('microphone=(self)'),
    });
  });

  it('are not sent again while they are the same', async () => {
    const relay = await start();
    const first = await get(relay, '/page/style.css');
    const etag = String(first.headers.etag);
    const second = await get(relay, '/page/style.css', { 'if-none-match': etag });
    expect({ status: second.status, body: second.body, etag: second.headers.etag }).toEqual({
      status: 304,
      body: '',
      etag,
    });
    expect((await get(relay, '/page/style.css', { 'if-none-match': '"another"' })).status).toBe(200);
  });

  it.each([
    '/page/',
    '/page/web',
    '/page/../index.js',
    '/page/..%2findex.js',
    '/page/%2e%2e/server/relay.js',
    '/page/..\\index.js',
    '/page//etc/passwd',
    '/page/__proto__',
    '/page/main.ts',
    '/.page.tsbuildinfo',
  ])('are the only files: %s is none', async (path) => {
    const { status, body } = await get(await start(), path);
    expect({ status, body }).toEqual({ status: 404, body: expect.stringMatching(/^\{"error":/) });
  });
});

describe('the page of a relay that can be reached from outside', () => {
  const guarded = { publicUrl: 'https://relay.example', twilioAuthToken: 'secret' };

  it.each(['/', '/page/main.js'])('needs the token: %s', async (path) => {
    const { status, body } = await get(await start(guarded), path);
    expect(status).toBe(401);
    expect(body).toContain('open the link that it printed');
  });

  it('tells a person without it what to do, and gives nothing away', async () => {
    const { status, body, headers } = await get(await start(guarded), '/', { accept: 'text/html,*/*' });
    expect(status).toBe(401);
    expect(headers['content-type']).toMatch(/^text\/html/);
    expect(body).toContain('Open that link once');
    expect(body).not.toMatch(/<script|token=[\w-]{8}/);
  });

  it('opens by the printed link, which a cookie stands for from then on', async () => {
    const relay = await start(guarded);
    const { status, headers } = await get(relay, `/?token=${relay.relay.access.token}`);
    expect(status).toBe(200);
    const [cookie = ''] = headers['set-cookie'] ?? [];
    expect(cookie).toMatch(/^hzrelay_token=\S+; HttpOnly; SameSite=Strict; Path=\/; Secure$/);
    const [pair = ''] = cookie.split(';');
    expect((await get(relay, '/', { cookie: pair })).status).toBe(200);
    expect((await get(relay, '/page/main.js', { cookie: pair })).status).toBe(200);
  });
});
