import { afterEach, describe, expect, it } from '@jest/globals';
import { request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { SessionEvent } from '../events/session-event.js';
import { LightRelay, until } from '../testing/light-relay.js';
import type { RelayOptions } from './relay-options.js';

let open: LightRelay | null = null;

afterEach(async () => {
  await open?.close();
  expect(open?.clock.pendingTimers).toBe(0);
  open = null;
});

async function start(options: Partial<RelayOptions> = {}): Promise<LightRelay> {
  open = await LightRelay.start(options);
  return open;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly json: unknown;
}

/** A request with headers that `fetch` would not send, such as another Host. */
function ask(
  url: string,
  options: {
    readonly method?: string;
    readonly headers?: Record<string, string>;
    readonly body?: string;
    /** As it goes over the wire, where a parser would correct it. */
    readonly path?: string;
  } = {},
): Promise<Answer> {
  const { method = 'GET', headers = {}, body = '', path } = options;
  return new Promise((resolve, reject) => {
    const asking = request(url, { method, headers, agent: false, ...(path !== undefined && { path }) });
    asking.on('error', reject);
    asking.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const isJson =
          text !== '' && (response.headers['content-type']?.startsWith('application/json') ?? false);
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          json: isJson ? (JSON.parse(text) as unknown) : text,
        });
      });
    });
    asking.end(body);
  });
}

/** Someone who reads the event stream. */
class Reader {
  text = '';
  ended = false;
  status = 0;
  headers: IncomingMessage['headers'] = {};
  readonly #asking;

  constructor(url: string, headers: Record<string, string> = {}) {
    this.#asking = request(url, { agent: false, headers });
    this.#asking.on('error', () => (this.ended = true));
    this.#asking.on('response', (response) => {
      this.status = response.statusCode ?? 0;
      this.headers = response.headers;
      response.setEncoding('utf8').on('data', (text: string) => (this.text += text));
      response.on('close', () => (this.ended = true));
      response.on('error', () => (this.ended = true));
    });
    this.#asking.end();
  }

  static async open(url: string, headers: Record<string, string> = {}): Promise<Reader> {
    const reader = new Reader(url, headers);
    await until(() => reader.text.includes(': hzrelay events'));
    return reader;
  }

  get events(): SessionEvent[] {
    return this.text
      .split('\n')
      .filter((line) => line.startsWith('data: '))
      .map((line) => JSON.parse(line.slice('data: '.length)) as SessionEvent);
  }

  /** Stops taking bytes from the connection. */
  pause(): void {
    this.#asking.socket?.pause();
  }

  leave(): void {
    this.#asking.destroy();
  }
}

describe('looking at a relay', () => {
  it('shows its health to everybody', async () => {
    const light = await start();
    expect((await ask(`${light.url}/healthz`)).json).toEqual({ status: 'ok', sessions: 0 });
    await light.call();
    expect((await ask(`${light.url}/healthz/`)).json).toEqual({ status: 'ok', sessions: 1 });
  });

  it('lists the sessions that are and that were, the latest first', async () => {
    const light = await start();
    const first = await light.call({ from: '+15550100009' });
    await first.phone.hangUp();
    await until(() => light.relay.sessions.length === 0);
    const second = await light.call();
    const { json } = await ask(`${light.url}/sessions`);
    expect(json).toMatchObject({
      sessions: [
        { sessionId: second.session.id, callId: second.phone.callSid, metrics: { state: 'listening' } },
        { sessionId: first.session.id, from: '+15550100009', metrics: { state: 'ended' } },
      ],
    });
  });

  it('gives a session’s metrics, with the stages of each turn by their names', async () => {
    const light = await start();
    const { session } = await light.call().then(async (call) => {
      await call.talk();
      return call;
    });
    const { status, json } = await ask(`${light.url}/voice/metrics?session_id=${session.id}`);
    expect(status).toBe(200);
    expect(json).toEqual(JSON.parse(JSON.stringify(session.getMetrics())));
    const { turns } = json as { turns: { latency: object }[] };
    expect(turns).toHaveLength(1);
    expect(turns[0]?.latency).toMatchObject({
      audio_received_ms: null,
      stt_start_ms: null,
      stt_final_ms: null,
      llm_start_ms: null,
      llm_first_token_ms: null,
      tts_start_ms: expect.any(Number),
      tts_first_audio_ms: expect.any(Number),
      audio_sent_ms: expect.any(Number),
      mouth_to_ear_ms: null,
      absent: 'unprompted',
    });
  });

  it('asks which session is meant, and does not know others', async () => {
    const light = await start();
    for (const query of ['', '?session_id=', '?session_id=a&session_id=b']) {
      expect(await ask(`${light.url}/voice/metrics${query}`)).toMatchObject({
        status: 400,
        json: { error: expect.stringContaining('?session_id=') },
      });
    }
    expect(await ask(`${light.url}/voice/metrics?session_id=00000000`)).toMatchObject({
      status: 404,
      json: { error: expect.stringContaining('/sessions') },
    });
  });
});

describe('the event stream', () => {
  it('carries the events of every session, or of one', async () => {
    const light = await start();
    const all = await Reader.open(`${light.url}/events`);
    const first = await light.call();
    const one = await Reader.open(`${light.url}/events?session_id=${first.session.id}`);
    const second = await light.call();
    await first.talk();
    await second.talk();
    await first.phone.hangUp();
    await second.phone.hangUp();
    await until(() => all.events.length === light.events.length && one.text.includes('session.end'));
    expect(all.events).toEqual(light.events);
    const ofFirst = light.events.filter(({ sessionId }) => sessionId === first.session.id);
    expect(one.events).toEqual(ofFirst.slice(1));
    expect(all.text).toContain('\nevent: turn.end\ndata: {');
    expect(all.headers).toMatchObject({ 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    for (const reader of [all, one]) reader.leave();
  });

  it('shows every quarter of a minute that it is alive', async () => {
    const light = await start();
    const reader = await Reader.open(`${light.url}/events`);
    light.clock.advance(14_999);
    await nextTurn();
    expect(reader.text).not.toContain('still here');
    light.clock.advance(1);
    await until(() => reader.text.includes(': still here\n\n'));
    light.clock.advance(15_000);
    await until(() => reader.text.split(': still here').length === 3);
    reader.leave();
    await until(() => light.clock.pendingTimers === 0);
  });

  it('is ended for a reader who does not read, and nobody else notices', async () => {
    const light = await start();
    const call = await light.call();
    const slow = await Reader.open(`${light.url}/events`);
    const good = await Reader.open(`${light.url}/events`);
    slow.pause();
    const before = light.clock.pendingTimers;
    for (let i = 0; i < 200; i++) {
      call.session.warn('chatty', 'x'.repeat(100_000));
      await until(() => good.text.length > (i + 1) * 100_000);
    }
    await until(() => light.clock.pendingTimers === before - 1);
    expect(good.events).toHaveLength(200);
    expect(good.ended).toBe(false);
    slow.leave();
    good.leave();
  });

  it('forgets readers that are gone, also those that went before they were served', async () => {
    const light = await start();
    const readers = await Promise.all(Array.from({ length: 5 }, () => Reader.open(`${light.url}/events`)));
    expect(light.clock.pendingTimers).toBe(5);
    for (const reader of readers) reader.leave();
    for (let i = 0; i < 20; i++) {
      const socket = connect(Number(new URL(light.url).port), '127.0.0.1', () => {
        socket.write('GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n', () => socket.resetAndDestroy());
      });
      socket.on('error', () => undefined);
      await new Promise((resolve) => socket.on('close', resolve));
    }
    await until(() => light.clock.pendingTimers === 0);
    await (await light.call()).talk();
  });

  it('is given to a hundred readers and no more', async () => {
    const light = await start();
    const readers = await Promise.all(Array.from({ length: 100 }, () => Reader.open(`${light.url}/events`)));
    expect(await ask(`${light.url}/events`)).toMatchObject({ status: 503 });
    readers[0]?.leave();
    await until(() => light.clock.pendingTimers === 99);
    readers.push(await Reader.open(`${light.url}/events`));
    await light.relay.close();
    await until(() => readers.every(({ ended }) => ended));
  });

  it('ends with the relay, after the last event', async () => {
    const light = await start();
    const reader = await Reader.open(`${light.url}/events`);
    const stuck = await Reader.open(`${light.url}/events`);
    stuck.pause();
    await light.call();
    await light.close();
    await until(() => reader.ended);
    expect(reader.events.at(-1)).toMatchObject({ type: 'session.end', reason: 'shutdown' });
    stuck.leave();
  });
});

describe('a request that is not for this relay', () => {
  it.each([
    ['another host', { host: 'rebound.example' }],
    ['another host with our port', { host: 'rebound.example:8787' }],
    ['a page of another site', { origin: 'https://elsewhere.example' }],
    ['a page of another server on this machine', { origin: 'http://127.0.0.1:1' }],
    ['a page without an address', { origin: 'null' }],
  ])('is refused: %s', async (_what, headers) => {
    const light = await start();
    for (const path of ['/healthz', '/sessions', '/events', '/nothing', '/twilio/voice']) {
      expect(await ask(`${light.url}${path}`, { headers })).toMatchObject({
        status: 403,
        json: { error: expect.any(String) },
      });
    }
    const socket = new WebSocket(`${light.url}/twilio/media`, { headers });
    const refusal = await new Promise<Error>((resolve) => socket.on('error', resolve));
    expect(refusal.message).toContain('403');
  });

  it('is taken from our own page', async () => {
    const light = await start();
    const answer = await ask(`${light.url}/sessions`, { headers: { origin: light.url } });
    expect(answer.status).toBe(200);
  });
});

describe('a request that cannot be answered', () => {
  it.each([
    ['an unknown path', 'GET', '/nothing?secret=1', 404],
    ['a wrong method', 'GET', '/twilio/voice', 404],
    ['another wrong method', 'DELETE', '/sessions', 404],
    ['a HEAD of the event stream', 'HEAD', '/events', 404],
    ['a media stream without an upgrade', 'GET', '/twilio/media', 426],
    ['a path that is no path', 'GET', '/%ZZ', 400],
  ])('is refused as JSON: %s', async (_what, method, path, status) => {
    const light = await start();
    const answer = await ask(light.url, { method, path });
    expect(answer.status).toBe(status);
    if (method === 'HEAD') return;
    expect(answer.json).toEqual({ error: expect.any(String) });
    expect(JSON.stringify(answer.json)).not.toContain('secret');
  });

  it.each([
    ['a body that is too large', 'application/x-www-form-urlencoded', `CallSid=${'1'.repeat(300_000)}`, 413],
    ['a body that says what it is not', 'application/json', '{', 400],
    ['a body of a kind that nobody reads', 'text/yaml', 'CallSid: CA1', 415],
    ['a form without a call', 'application/x-www-form-urlencoded', 'From=1', 400],
  ])('is refused as JSON: %s', async (_what, type, body, status) => {
    const light = await start();
    const headers = { 'content-type': type };
    const answer = await ask(`${light.url}/twilio/voice`, { method: 'POST', headers, body });
    expect(answer).toMatchObject({ status, json: { error: expect.any(String) } });
    expect(light.notices).toEqual([]);
    await (await light.call()).talk();
  });

  it.each([
    ['/healthz', 404],
    ['/events', 404],
    ['/sessions', 404],
    ['/nothing', 404],
    ['/%ZZ', 400],
  ])('is refused: a socket at %s', async (path, status) => {
    const light = await start();
    const socket = new WebSocket(`${light.url}${path}`);
    const refusal = await new Promise<Error>((resolve) => socket.on('error', resolve));
    expect(refusal.message).toContain(String(status));
    expect(light.clock.pendingTimers).toBe(0);
  });

  it('is no request at all: the connection ends, the relay does not', async () => {
    const light = await start();
    const socket = connect(Number(new URL(light.url).port), '127.0.0.1', () =>
      socket.write('\x16\x03\x01\r\n\r\n'),
    );
    const answer = await new Promise<string>((resolve) => {
      let text = '';
      socket.on('data', (data) => (text += data.toString()));
      socket.on('close', () => resolve(text));
    });
    expect(answer).toMatch(/^HTTP\/1\.1 400/);
    await (await light.call()).talk();
  });
});

describe('a relay that can be reached from outside', () => {
  const outside = { publicUrl: 'https://relay.example', twilioAuthToken: 'secret' };
  const privatePaths = ['/sessions', '/voice/metrics?session_id=x', '/events'];

  it('shows nothing but its health without its token', async () => {
    const light = await start(outside);
    expect((await ask(`${light.url}/healthz`)).status).toBe(200);
    for (const path of privatePaths) {
      for (const [name, value] of [
        ['accept', '*/*'],
        ['authorization', 'Bearer wrong'],
        ['authorization', `Basic ${light.relay.access.token}`],
        ['cookie', 'hzrelay_token=wrong'],
      ] as const) {
        expect(await ask(`${light.url}${path}`, { headers: { [name]: value } })).toMatchObject({
          status: 401,
          json: { error: expect.stringContaining('token') },
        });
      }
      const wrong = await ask(`${light.url}${path}${path.includes('?') ? '&' : '?'}token=wrong`);
      expect(wrong.status).toBe(401);
      expect(wrong.headers['set-cookie']).toBeUndefined();
    }
    expect(light.clock.pendingTimers).toBe(0);
  });

  it('takes the token as a bearer token', async () => {
    const light = await start(outside);
    const headers = { authorization: `Bearer ${light.relay.access.token}` };
    const answer = await ask(`${light.url}/sessions`, { headers });
    expect(answer).toMatchObject({ status: 200, json: { sessions: [] } });
    expect(answer.headers['set-cookie']).toBeUndefined();
  });

  it('takes it from the printed link, and then from the cookie that the browser got', async () => {
    const light = await start(outside);
    const { token } = light.relay.access;
    const first = await ask(`${light.url}/sessions?token=${token}`, { headers: { host: 'relay.example' } });
    expect(first.status).toBe(200);
    const [cookie = ''] = first.headers['set-cookie'] ?? [];
    expect(cookie).toMatch(/; HttpOnly; SameSite=Strict; Path=\/; Secure$/);
    const headers = { cookie: `other=1; ${cookie.split(';')[0] ?? ''}` };
    expect((await ask(`${light.url}/sessions`, { headers })).status).toBe(200);
    const reader = await Reader.open(`${light.url}/events?token=${token}`);
    expect(reader.headers['set-cookie']).toEqual([cookie]);
    reader.leave();
  });

  it('takes pages and hosts of its public address', async () => {
    const light = await start(outside);
    const headers = {
      host: 'relay.example',
      origin: 'https://relay.example',
      authorization: `Bearer ${light.relay.access.token}`,
    };
    expect((await ask(`${light.url}/sessions`, { headers })).status).toBe(200);
  });

  it('closes Twilio’s routes where it could not tell Twilio from others', async () => {
    const light = await start({ publicUrl: 'https://relay.example' });
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    for (const path of ['/twilio/voice', '/twilio/after', '/twilio/status']) {
      const answer = await ask(`${light.url}${path}`, { method: 'POST', headers: form, body: 'CallSid=CA1' });
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
  const sessions = (light: LightRelay, headers: Record<string, string> = {}): Promise<Answer> =>
    ask(`${light.relay.url}/sessions`, { headers });

  it('refuses the name of its tunnel until it knows it, then asks everyone for the token, also here', async () => {
    const light = await start();
    expect((await sessions(light)).status).toBe(200);
    expect((await sessions(light, { host })).status).toBe(403);
    light.relay.expose(`https://${host}`);
    expect(light.relay.publicUrl).toBe(`https://${host}`);
    expect((await sessions(light)).status).toBe(401);
    expect((await sessions(light, { host })).status).toBe(401);
    const authorization = `Bearer ${light.relay.access.token}`;
    expect((await sessions(light, { host, authorization })).status).toBe(200);
    expect((await ask(`${light.relay.url}/twilio/voice`, { method: 'POST', headers: { host } })).status).toBe(
      403,
    );
  });

  it('is open again to this machine, and to nobody else, when it is exposed no more', async () => {
    const light = await start();
    light.relay.expose(`https://${host}`);
    light.relay.expose(null);
    expect((await sessions(light)).status).toBe(200);
    expect((await sessions(light, { host })).status).toBe(403);
  });

  it('takes only a base address', async () => {
    const light = await start();
    expect(() => light.relay.expose('https://example.com/path')).toThrow(/base address/);
    expect(light.relay.publicUrl).toBeNull();
  });
});
