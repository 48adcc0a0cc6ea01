import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { postWebhook, twilioSignature } from '../../simulators/phone/simulated-phone-webhook.js';
import { isThorough } from '../../../test/harness/thorough.js';
import { LightRelay } from '../../../test/harness/light-relay.js';
import type { RelayOptions } from '../relay-options.js';

const authToken = 'the account’s token';
const publicUrl = 'https://relay.example';
/** A signature of the right form that no key made. */
const shaped = `${'A'.repeat(27)}=`;
const manyFields = Array.from({ length: 52_000 }, (_, i) => i.toString(36)).join('&');

let light: LightRelay;

afterEach(async () => {
  await light.close();
  expect(light.clock.pendingTimers).toBe(0);
});

async function start(options: Partial<RelayOptions> = {}): Promise<LightRelay> {
  light = await LightRelay.start(options);
  return light;
}

/** A client that writes its request by hand. */
class RawClient {
  text = '';
  readonly closed: Promise<unknown>;
  readonly #socket: Socket;

  constructor(url: string) {
    this.#socket = connect(Number(new URL(url).port), '127.0.0.1');
    this.#socket.on('error', () => undefined);
    this.#socket.setEncoding('utf8').on('data', (more: string) => (this.text += more));
    this.closed = once(this.#socket, 'close');
  }

  send(text: string): void {
    this.#socket.write(text);
  }

  /** Resolves with the status as soon as there is one. */
  async status(): Promise<number> {
    while (!/^HTTP\/1\.1 \d{3}/.test(this.text)) await once(this.#socket, 'data');
    return Number(this.text.slice(9, 12));
  }

  leave(): void {
    this.#socket.destroy();
  }
}

/** The head of a request to the voice webhook with a form that is announced, but not sent. */
function head(fields: Readonly<Record<string, string | number>>): string {
  const headers = { Host: 'relay.example', 'Content-Type': 'application/x-www-form-urlencoded', ...fields };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST /twilio/voice HTTP/1.1\r\n${lines.join('')}\r\n`;
}

async function statusOfPost(body: string, signature?: string): Promise<number> {
  const response = await fetch(`${light.url}/twilio/voice`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      ...(signature !== undefined && { 'x-twilio-signature': signature }),
    },
    body,
  });
  await response.text();
  return response.status;
}

describe('a webhook that Twilio did not send', () => {
  it.each([
    ['without a signature', {}],
    ['with an empty one', { 'X-Twilio-Signature': '' }],
    ['with one of another form', { 'X-Twilio-Signature': 'x'.repeat(28) }],
    ['with two', { 'X-Twilio-Signature': `${shaped}, ${shaped}` }],
  ])('is refused at its headers, before its form is read: %s', async (_what, headers) => {
    await start({ publicUrl, twilioAuthToken: authToken });
    const client = new RawClient(light.url);
    client.send(head({ 'Content-Length': 256 * 1024, ...headers }));
    expect(await client.status()).toBe(403);
    client.leave();
  });

  it('is refused at its headers where it is too long, though its signature has the right form', async () => {
    await start({ publicUrl, twilioAuthToken: authToken });
    const client = new RawClient(light.url);
    client.send(head({ 'Content-Length': 64 * 1024 + 1, 'X-Twilio-Signature': shaped }));
    expect(await client.status()).toBe(413);
    client.leave();
  });

  it('is refused in the middle where it does not say how long it is', async () => {
    await start({ publicUrl, twilioAuthToken: authToken });
    const client = new RawClient(light.url);
    client.send(head({ 'Transfer-Encoding': 'chunked', 'X-Twilio-Signature': shaped }));
    for (let i = 0; i < 9; i++) client.send(`2000\r\n${'a&'.repeat(0x1000)}\r\n`);
    expect(await client.status()).toBe(413);
    client.leave();
  });

  it.each([
    ['52,000 fields', manyFields, undefined, 403],
    ['52,000 fields and a signature of the right form', manyFields, shaped, 413],
    ['257 fields and a signature of the right form', '&'.repeat(256), shaped, 413],
    ['256 fields and a signature of the right form', '&'.repeat(255), shaped, 403],
    ['few fields and a signature of the right form', 'CallSid=CA1', shaped, 403],
    ['one field as long as a form may be', `a=${'x'.repeat(64 * 1024 - 2)}`, shaped, 403],
  ])('is refused with %s', async (_what, body, signature, status) => {
    await start({ publicUrl, twilioAuthToken: authToken });
    expect(await statusOfPost(body, signature)).toBe(status);
    expect(light.notices).toHaveLength(1);
  });

  it('is refused on a relay that checks no signatures, where its form is no call’s', async () => {
    await start();
    expect(await statusOfPost(manyFields)).toBe(413);
    expect(await statusOfPost('&'.repeat(300))).toBe(413);
    expect(light.notices).toHaveLength(1);
  });

  it('takes no more time than its bytes: a form of many fields as little as one of few', async () => {
    await start({ publicUrl, twilioAuthToken: authToken });
    const work = async (body: string): Promise<number> => {
      const before = process.cpuUsage();
      for (let i = 0; i < 30; i++) await statusOfPost(body, i % 2 === 0 ? shaped : undefined);
      const { user, system } = process.cpuUsage(before);
      return user + system;
    };
    await work('warm=up');
    const few = await work(`a=${'x'.repeat(manyFields.length)}`);
    const many = await work(manyFields);
    // Sorting and hashing 52,000 fields six times took some fifty times as much.
    expect(many / few).toBeLessThan(25);
  });
});

describe('a flood of refused requests', () => {
  it('of one kind takes a few lines of the log, and real lines stay', async () => {
    await start({ publicUrl, twilioAuthToken: authToken });
    light.relay.notify('info', 'a real line');
    // So many tens of requests; that a thousand take no more lines is the log's own test.
    const tens = isThorough ? 150 : 12;
    for (let i = 0; i < tens; i++)
      await Promise.all(Array.from({ length: 10 }, () => statusOfPost('CallSid=CA1')));
    light.relay.notify('info', 'another real line');
    expect(light.notices.map(({ message }) => message)).toEqual([
      'a real line',
      'A request to /twilio/voice was refused: it is not signed.',
      'A request to /twilio/voice was refused: it is not signed. (10 like it within a minute)',
      'A request to /twilio/voice was refused: it is not signed. (100 like it within a minute)',
      ...(isThorough
        ? ['A request to /twilio/voice was refused: it is not signed. (1000 like it within a minute)']
        : []),
      'another real line',
    ]);
  });

  const flood: readonly (readonly [string, RegExp, string, RequestInit])[] = [
    [
      'a foreign page',
      /^Pages of https:\/\/elsewhere/,
      '/sessions',
      { headers: { origin: 'https://elsewhere.example' } },
    ],
    ['no token', /lacks the relay’s token/, '/sessions?token=secret-guess', {}],
    [
      'a body of no known kind',
      /Post an offer/,
      '/webrtc/offer',
      { method: 'POST', body: 'x', headers: { 'content-type': 'text/x' } },
    ],
    [
      'a wrong signature',
      /its signature is wrong/,
      '/twilio/after',
      { method: 'POST', headers: { 'x-twilio-signature': shaped } },
    ],
  ];

  it.each(flood)('takes a few lines too: %s', async (_what, line, path, init) => {
    await start({ publicUrl, twilioAuthToken: authToken });
    for (let i = 0; i < 120; i++) await (await fetch(`${light.url}${path}`, init)).text();
    // A page is told of once, since its line says all.
    expect(light.notices).toHaveLength(path === '/sessions' ? 1 : 3);
    for (const { message } of light.notices) expect(message).toMatch(line);
    expect(light.said).not.toContain('secret-guess');
  });

  it('by a foreign name takes a few lines too', async () => {
    await start();
    for (let i = 0; i < 30; i++) {
      const client = new RawClient(light.url);
      client.send(`GET /sessions HTTP/1.1\r\nHost: rebound${i}.example\r\nConnection: close\r\n\r\n`);
      expect(await client.status()).toBe(403);
      client.leave();
    }
    expect(light.notices).toHaveLength(2);
  });
});

describe('a request that drips', () => {
  it.each([
    ['in its body', head({ 'Content-Length': 1000, 'X-Twilio-Signature': shaped })],
    ['in its body, after it was refused', head({ 'Content-Length': 1000 })],
    ['in its headers', 'POST /twilio/voice HTTP/1.1\r\nHost: relay.example\r\nX-A: '],
    ['before its first line', null],
  ])('is closed at the limit, and a request in time is answered: %s', async (_what, first) => {
    await start({ publicUrl, twilioAuthToken: authToken, requestTimeoutMs: 1500 });
    const client = new RawClient(light.url);
    client.send(first ?? '');
    const drip = setInterval(() => client.send(first === null ? '' : 'a'), 10);
    await client.closed;
    clearInterval(drip);
    const fields = { CallSid: 'CA1' };
    const signature = twilioSignature(authToken, `${publicUrl}/twilio/voice`, fields);
    expect(await statusOfPost('CallSid=CA1', signature)).toBe(200);
  });
});

it('a form as long as Twilio’s longest is taken', async () => {
  await start({ twilioAuthToken: authToken });
  const sip = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`SipHeader_X-${i}`, 'v'.repeat(200)]));
  const fields = { CallSid: 'CA1', AddOns: JSON.stringify({ results: 'x'.repeat(8000) }), ...sip };
  const url = `${light.url}/twilio/voice`;
  const twiml = await postWebhook({ clock: light.clock, url, fields, authToken, signal: undefined });
  expect(twiml).toContain('<Stream');
});
