import { afterEach, describe, expect, it } from '@jest/globals';
import { connect } from 'node:net';
import { WebSocket } from 'ws';
import { LightRelays } from '../../../test/harness/light-relays.js';
import { rawRequest } from '../../../test/harness/raw-request.js';

const relays = new LightRelays();

afterEach(() => relays.close());

describe('a request for another host or from another site', () => {
  it.each([
    ['another host', { host: 'rebound.example' }],
    ['another host with our port', { host: 'rebound.example:8787' }],
    ['a page of another site', { origin: 'https://elsewhere.example' }],
    ['a page of another server on this machine', { origin: 'http://127.0.0.1:1' }],
    ['a page without an address', { origin: 'null' }],
  ])('is refused: %s', async (_what, headers) => {
    const light = await relays.start();
    for (const path of ['/sessions', '/events', '/nothing', '/twilio/voice']) {
      expect(await rawRequest(`${light.url}${path}`, { headers })).toMatchObject({
        status: 403,
        json: { error: expect.any(String) },
      });
    }
    const socket = new WebSocket(`${light.url}/twilio/media`, { headers });
    const refusal = await new Promise<Error>((resolve) => socket.on('error', resolve));
    expect(refusal.message).toContain('403');
    // Five refusals of one kind take one line.
    expect(light.notices).toHaveLength(1);
    expect(light.said).toMatch(
      /^(A request to \/sessions was refused: it names the host|Pages of .* may not use this relay)/,
    );
  });

  it('is answered if it comes from the relay’s own page', async () => {
    const light = await relays.start();
    const answer = await rawRequest(`${light.url}/sessions`, { headers: { origin: light.url } });
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
    ['a malformed path', 'GET', '/%ZZ', 400],
  ])('is refused as JSON: %s', async (_what, method, path, status) => {
    const light = await relays.start();
    const answer = await rawRequest(light.url, { method, path });
    expect(answer.status).toBe(status);
    if (method === 'HEAD') return;
    expect(answer.json).toEqual({ error: expect.any(String) });
    expect(JSON.stringify(answer.json)).not.toContain('secret');
  });

  it.each([
    ['a body that is too large', 'application/x-www-form-urlencoded', `CallSid=${'1'.repeat(300_000)}`, 413],
    ['a body that does not match its type', 'application/json', '{', 400],
    ['a body of an unknown type', 'text/yaml', 'CallSid: CA1', 415],
    ['a form without a call', 'application/x-www-form-urlencoded', 'From=1', 400],
  ])('is refused as JSON: %s', async (_what, type, body, status) => {
    const light = await relays.start();
    const headers = { 'content-type': type };
    const answer = await rawRequest(`${light.url}/twilio/voice`, { method: 'POST', headers, body });
    expect(answer).toMatchObject({ status, json: { error: expect.any(String) } });
    expect(light.notices).toEqual([
      { level: 'warn', message: expect.stringContaining('A request to /twilio/voice was refused: ') },
    ]);
    await (await light.call()).talk();
  });

  it.each([
    ['/healthz', 404],
    ['/events', 404],
    ['/sessions', 404],
    ['/nothing', 404],
    ['/%ZZ', 400],
  ])('is refused if it opens a WebSocket at %s', async (path, status) => {
    const light = await relays.start();
    const socket = new WebSocket(`${light.url}${path}`);
    const refusal = await new Promise<Error>((resolve) => socket.on('error', resolve));
    expect(refusal.message).toContain(String(status));
    expect(light.clock.pendingTimers).toBe(0);
  });

  it('ends its connection, but not the relay, if it is not HTTP', async () => {
    const light = await relays.start();
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
