import { afterEach, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { postWebhook, twilioSignature } from '../../replay/simulated-phone-webhook.js';
import { readTwiml } from '../../replay/twiml-reader.js';
import { LightRelay, until, type LightCall } from '../../testing/light-relay.js';
import { MediaPeer, ring } from '../../testing/media-peer.js';
import type { RelayOptions } from '../relay-options.js';

const authToken = 'the account’s token';

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

type Fields = Readonly<Record<string, string>>;

/** A form at one of Twilio's routes, signed or not. */
async function post(
  url: string,
  fields: Fields,
  signature?: string,
): Promise<{ status: number; text: string }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: signature === undefined ? {} : { 'X-Twilio-Signature': signature },
    body: new URLSearchParams(fields),
  });
  return { status: response.status, text: await response.text() };
}

/** The status with which a media socket is refused; 101 where it is not. */
async function upgradeStatus(url: string, signature?: string): Promise<number> {
  const headers = signature === undefined ? {} : { 'X-Twilio-Signature': signature };
  const socket = new WebSocket(url, { headers });
  socket.on('error', () => undefined);
  const status = await new Promise<number>((resolve) => {
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
    socket.on('open', () => resolve(101));
  });
  socket.terminate();
  return status;
}

/** The verbs of an answer to what comes after a call. */
async function afterCall(light: LightRelay, fields: Fields): Promise<string[]> {
  const url = `${light.url}/twilio/after`;
  const twiml = await postWebhook({
    clock: light.clock,
    url,
    fields,
    authToken: undefined,
    signal: undefined,
  });
  return readTwiml(twiml).map(({ name }) => name);
}

/** A media stream that is a call, with its session. */
async function announced(light: LightRelay, callSid: string): Promise<MediaPeer> {
  const { streamUrl, token } = await ring(light, callSid);
  const peer = await MediaPeer.open(streamUrl);
  peer.connected();
  peer.start(callSid, token);
  await until(() => light.events.some((event) => event.type === 'session.start' && event.callId === callSid));
  return peer;
}

describe('the voice webhook', () => {
  it('connects a call to the media stream with a token of its own, and says what comes after', async () => {
    const light = await start();
    const calls = [await ring(light, 'CA1'), await ring(light, 'CA1'), await ring(light, 'CA2')];
    expect(new Set(calls.map(({ token }) => token)).size).toBe(3);
    for (const { token, streamUrl, verbs } of calls) {
      expect(token).toMatch(/^[0-9a-f]{32}$/);
      expect(streamUrl).toBe(`${light.url.replace('http', 'ws')}/twilio/media`);
      expect(verbs[0]?.attributes).toEqual({ action: `${light.url}/twilio/after` });
    }
  });

  it('gives the public addresses where there are some', async () => {
    const light = await start({ publicUrl: 'https://relay.example', twilioAuthToken: authToken });
    const fields = { CallSid: 'CA1' };
    const signature = twilioSignature(authToken, 'https://relay.example/twilio/voice', fields);
    const { text } = await post(`${light.url}/twilio/voice`, fields, signature);
    expect(text).toContain('wss://relay.example/twilio/media');
    expect(text).toContain('https://relay.example/twilio/after');
  });
});

describe('signatures', () => {
  it.each([
    ['the local origin', undefined],
    ['the public address', 'https://relay.example'],
    ['a public address with a port', 'https://relay.example:8443'],
  ])('are required on every request, for %s', async (_what, publicUrl) => {
    const light = await start({ twilioAuthToken: authToken, ...(publicUrl !== undefined && { publicUrl }) });
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
        const refusal = await post(url, fields, signature);
        expect(refusal.status).toBe(403);
        expect(refusal.text).not.toContain(authToken);
      }
      expect((await post(url, fields, right)).status).toBe(status);
      // Signed for a call, but sent with the fields of another.
      expect((await post(url, { ...fields, CallSid: 'CA2' }, right)).status).toBe(403);
    }
    const notices = light.notices.filter(({ level }) => level === 'warn');
    expect(notices).toHaveLength(3 * 8);
    expect(light.said).toContain('it is not signed');
    expect(light.said).toContain('its signature is wrong');
    expect(light.said).not.toContain(authToken);
  });

  it.each([
    ['the local origin', undefined],
    ['the public address', 'https://relay.example'],
  ])('are required on the media socket, for %s', async (_what, publicUrl) => {
    const light = await start({ twilioAuthToken: authToken, ...(publicUrl !== undefined && { publicUrl }) });
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

  it('of Twilio’s own make let a whole call through', async () => {
    const light = await start({ twilioAuthToken: authToken });
    const call = await light.call();
    await call.talk();
    void call.session.end();
    expect(await call.phone.ended).toMatchObject({ verbs: ['Connect', 'Hangup'] });
    expect(light.notices).toEqual([]);
  });

  it('of another account let nobody call', async () => {
    const light = await start({ twilioAuthToken: authToken });
    await expect(light.phone({ authToken: 'another token' }).dial()).rejects.toThrow(/403/);
    expect(light.relay.sessions).toEqual([]);
  });
});

describe('a media socket that is no call', () => {
  /** Each opens sockets of its own and ends when the relay has refused them. */
  const abuses: readonly (readonly [
    what: string,
    notice: RegExp | null,
    code: number | null,
    abuse: (light: LightRelay) => Promise<MediaPeer>,
  ])[] = [
    [
      'shows a token that was shown before',
      /token is missing, spent, expired/,
      1008,
      async (light) => {
        const { streamUrl, token } = await ring(light, 'CA1');
        const first = await MediaPeer.open(streamUrl);
        first.connected();
        first.start('CA1', token);
        first.stop();
        const replayed = await MediaPeer.open(streamUrl);
        replayed.connected();
        replayed.start('CA1', token);
        await first.ended();
        return replayed;
      },
    ],
    [
      'shows the token of another call',
      /or of another call/,
      1008,
      async (light) => {
        const { streamUrl, token } = await ring(light, 'CA1');
        const peer = await MediaPeer.open(streamUrl);
        peer.connected();
        peer.start('CA2', token);
        return peer;
      },
    ],
    [
      'shows no token',
      /token is missing/,
      1008,
      async (light) => {
        const { streamUrl } = await ring(light, 'CA1');
        const peer = await MediaPeer.open(streamUrl);
        peer.connected();
        peer.start('CA1', undefined);
        return peer;
      },
    ],
    [
      'sends binary first',
      /no Twilio message/,
      1008,
      async (light) => {
        const peer = await MediaPeer.open((await ring(light, 'CA1')).streamUrl);
        peer.send(Buffer.alloc(160));
        return peer;
      },
    ],
    [
      'sends nonsense first',
      /no Twilio message/,
      1008,
      async (light) => {
        const peer = await MediaPeer.open((await ring(light, 'CA1')).streamUrl);
        peer.send('{"event":');
        return peer;
      },
    ],
    [
      'sends audio before it says who it is',
      /something before its start/,
      1008,
      async (light) => {
        const peer = await MediaPeer.open((await ring(light, 'CA1')).streamUrl);
        peer.connected();
        for (let i = 0; i < 100; i++) peer.media();
        return peer;
      },
    ],
    [
      'begins with a start',
      /something before its start/,
      1008,
      async (light) => {
        const { streamUrl, token } = await ring(light, 'CA1');
        const peer = await MediaPeer.open(streamUrl);
        peer.start('CA1', token);
        return peer;
      },
    ],
    [
      'sends a first message that is too long for one',
      /first message was too long/,
      1009,
      async (light) => {
        const peer = await MediaPeer.open((await ring(light, 'CA1')).streamUrl);
        peer.send(JSON.stringify({ event: 'connected', protocol: 'x'.repeat(20_000) }));
        return peer;
      },
    ],
    [
      'sends a first message that is too long for any',
      /first message was too long/,
      1009,
      async (light) => {
        const peer = await MediaPeer.open((await ring(light, 'CA1')).streamUrl);
        peer.send('x'.repeat(5_000_000));
        return peer;
      },
    ],
    [
      'goes away at once',
      /went away before its start/,
      null,
      async (light) => {
        const peer = await MediaPeer.open((await ring(light, 'CA1')).streamUrl);
        peer.vanish();
        return peer;
      },
    ],
  ];

  it.each(abuses)('is closed and costs nothing: it %s', async (_what, notice, code, abuse) => {
    const light = await start();
    const healthy = await light.call();
    await healthy.talk();
    const timers = light.clock.pendingTimers;
    const peer = await abuse(light);
    const ended = await peer.ended();
    if (code !== null) expect(ended.code).toBe(code);
    if (notice) await until(() => notice.test(light.said));
    await until(() => light.relay.sessions.length === 1 && light.clock.pendingTimers === timers);
    await healthy.talk();
  });

  it('has five seconds to say who it is', async () => {
    const light = await start();
    const healthy = await light.call();
    const { streamUrl } = await ring(light, 'CA1');
    const timers = light.clock.pendingTimers;
    const peers = [await MediaPeer.open(streamUrl), await MediaPeer.open(streamUrl)];
    peers[1]?.connected();
    await healthy.pass(4980);
    expect(peers.map(({ closed }) => closed)).toEqual([null, null]);
    await healthy.pass(20);
    for (const peer of peers) expect(await peer.ended()).toEqual({ code: 1008, reason: 'timeout' });
    expect(light.said).toContain('did not say who it is in time');
    await until(() => light.clock.pendingTimers === timers);
    await healthy.talk();
  });

  it('does not become one with a token that has expired', async () => {
    const light = await start();
    const { streamUrl, token } = await ring(light, 'CA1');
    light.clock.advance(30_000);
    const peer = await MediaPeer.open(streamUrl);
    peer.connected();
    peer.start('CA1', token);
    expect(await peer.ended()).toEqual({ code: 1008, reason: 'bad_token' });
    expect(light.events).toEqual([]);
  });

  it('is cut off where it does not even answer the close', async () => {
    const light = await start();
    const { streamUrl } = await ring(light, 'CA1');
    const peer = await MediaPeer.open(streamUrl);
    peer.send('nonsense');
    peer.socket.pause();
    await until(() => light.said.includes('refused'));
    expect(light.clock.pendingTimers).toBe(1);
    light.clock.advance(1000);
    await until(() => light.clock.pendingTimers === 0);
    peer.vanish();
  });

  it('is one of so many; the next one is refused, and calls go on', async () => {
    const light = await start({ maxPendingSockets: 3 });
    const healthy = await light.call();
    const { streamUrl } = await ring(light, 'CA1');
    const opened = await Promise.allSettled(Array.from({ length: 20 }, () => MediaPeer.open(streamUrl)));
    const peers = opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    expect(peers).toHaveLength(3);
    expect(await upgradeStatus(streamUrl)).toBe(503);
    await healthy.talk();
    peers[0]?.vanish();
    await until(() => light.said.includes('went away'));
    await (await light.call()).talk();
    for (const peer of peers) peer.vanish();
  });
});

describe('a call', () => {
  it.each([
    ['too long a message', 1009, (peer: MediaPeer) => peer.send('x'.repeat(70_000))],
    ['far too long a message', 1009, (peer: MediaPeer) => peer.send('x'.repeat(5_000_000))],
    [
      'too much nonsense',
      1008,
      (peer: MediaPeer) => {
        for (let i = 0; i < 101; i++) peer.send('nonsense');
      },
    ],
    [
      'a flood',
      1008,
      (peer: MediaPeer) => {
        for (let i = 0; i < 1100; i++) peer.media();
      },
    ],
  ])('that sends %s is ended, hears why, and harms no other', async (_what, code, abuse) => {
    const light = await start();
    const healthy = await light.call();
    await healthy.talk();
    const peer = await announced(light, 'CA1');
    abuse(peer);
    expect((await peer.ended()).code).toBe(code);
    await until(() => light.relay.sessions.length === 1);
    const bad = light.events.filter(({ sessionId }) => sessionId !== healthy.session.id);
    expect(bad.at(-1)).toMatchObject({ type: 'session.end', reason: 'transport_error' });
    expect(bad.some(({ type }) => type === 'warning')).toBe(true);
    expect(await afterCall(light, { CallSid: 'CA1', CallStatus: 'in-progress' })).toEqual(['Say', 'Hangup']);
    await healthy.talk();
  });

  it('goes on through a few bad messages, and another one is warned of none', async () => {
    const light = await start();
    const healthy: LightCall = await light.call();
    const peer = await announced(light, 'CA1');
    peer.send('nonsense');
    peer.send(Buffer.alloc(10));
    peer.send({ event: 'new_thing' });
    peer.media();
    await until(() => light.events.filter(({ type }) => type === 'warning').length === 3);
    expect(peer.closed).toBeNull();
    await healthy.talk();
    peer.stop();
    await peer.ended();
  });

  it('may ring again and again, and spends a token for each stream', async () => {
    const light = await start();
    const rung = [await ring(light, 'CA1'), await ring(light, 'CA1')];
    for (const { streamUrl, token } of rung) {
      const peer = await MediaPeer.open(streamUrl);
      peer.connected();
      peer.start('CA1', token);
      peer.stop();
      await peer.ended();
    }
    await until(() => light.events.filter(({ type }) => type === 'session.end').length === 2);
  });
});

describe('what comes after a call', () => {
  it.each(['ended', 'completed', 'idle_timeout', 'max_duration'] as const)(
    'is a hang-up where it ended here: %s',
    async (reason) => {
      const light = await start();
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
    'is a word of apology where it broke off: %s',
    async (reason) => {
      const light = await start();
      const { session, phone } = await light.call();
      void session.end(reason);
      expect(await phone.ended).toMatchObject({
        verbs: ['Connect', 'Say', 'Hangup'],
        said: ['We are sorry, the connection was lost. Please call again.'],
      });
    },
  );

  it('is a hang-up where the caller hung up, but not where the call goes on without its stream', async () => {
    const light = await start();
    const peer = await announced(light, 'CA1');
    peer.vanish();
    await until(() => light.relay.sessions.length === 0);
    expect(await afterCall(light, { CallSid: 'CA1', CallStatus: 'completed' })).toEqual(['Hangup']);
    expect(await afterCall(light, { CallSid: 'CA1', CallStatus: 'in-progress' })).toEqual(['Say', 'Hangup']);
  });

  it('is a word of apology for a call that never had a session, or that is unknown', async () => {
    const light = await start();
    expect(await afterCall(light, { CallSid: 'CA9' })).toEqual(['Say', 'Hangup']);
    expect(await afterCall(light, {})).toEqual(['Say', 'Hangup']);
  });

  it('counts for the latest stream of a call', async () => {
    const light = await start();
    const [first] = [await announced(light, 'CA1')];
    await light.relay.sessions[0]?.end();
    await first.ended();
    expect(await afterCall(light, { CallSid: 'CA1' })).toEqual(['Hangup']);
    light.events.length = 0;
    const second = await announced(light, 'CA1');
    await light.relay.sessions[0]?.end('provider_error');
    await second.ended();
    expect(await afterCall(light, { CallSid: 'CA1' })).toEqual(['Say', 'Hangup']);
  });
});

describe('the status callback', () => {
  it('is told on the log, shortened and without what a terminal would obey', async () => {
    const light = await start();
    const url = `${light.url}/twilio/status`;
    expect(await post(url, { CallSid: 'CA1', CallStatus: 'completed' })).toEqual({ status: 204, text: '' });
    await post(url, { CallSid: '\u001b[2J'.repeat(100), CallStatus: 'x\ny' });
    await post(url, {});
    expect(light.notices.map(({ level }) => level)).toEqual(['info', 'info', 'info']);
    const [first, second, third] = light.notices.map(({ message }) => message);
    expect(first).toBe('twilio call CA1: completed');
    expect(Array.from(second ?? '').every((character) => character >= ' ')).toBe(true);
    expect(second?.length).toBeLessThan(150);
    expect(third).toBe('twilio call (no CallSid): (no status)');
  });
});
