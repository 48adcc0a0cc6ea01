import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../core/clock.js';
import type { Tunnel, TunnelOptions } from '../../tunnel/tunnel.js';
import type { RelayNotice } from '../../relay/relay-options.js';
import { lightSession } from '../../../test/harness/light-relay.js';
import { UsageError } from '../exit.js';
import { openLine, planLine, type LineOptions, type LinePlan, type OpenLineOptions } from './call-line.js';

const authtoken = 'of-ngrok';
const signal = new AbortController().signal;
let server: Server | null = null;
afterEach(() => {
  server?.close();
});

/** Something that answers /healthz; resolves with the port. */
async function serve(body: object | string, status = 200): Promise<string> {
  server = createServer((_request, response) =>
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body)),
  );
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return String((server.address() as AddressInfo).port);
}

function plan(options: Partial<LineOptions>, env: Readonly<Record<string, string>> = {}): Promise<LinePlan> {
  return planLine({ own: false, ...options }, { HZRELAY_PORT: '1', ...env }, systemClock, signal);
}

describe('a call is answered', () => {
  it('by the relay that runs, where Twilio can reach it', async () => {
    const publicUrl = 'https://relay.example';
    const port = await serve({ status: 'ok', sessions: 0, publicUrl });
    const running = { kind: 'running', url: `http://127.0.0.1:${port}`, publicUrl };
    expect(await plan({}, { HZRELAY_PORT: port, NGROK_AUTHTOKEN: authtoken })).toEqual(running);
    expect(await plan({ url: `http://127.0.0.1:${port}` })).toEqual(running);
  });

  it('by a new relay if the running one cannot take the options', async () => {
    const port = await serve({ status: 'ok', sessions: 0, publicUrl: 'https://relay.example' });
    expect(await plan({ own: true }, { HZRELAY_PORT: port, NGROK_AUTHTOKEN: authtoken })).toMatchObject({
      kind: 'tunnelled',
    });
  });

  it.each([
    ['is local', { status: 'ok', sessions: 0 }],
    ['is no relay', { hello: 'world' }],
    ['speaks no JSON', '<h1>Welcome</h1>'],
  ])('through a new tunnel if what runs %s', async (_what, body) => {
    const port = await serve(body);
    const env = { HZRELAY_PORT: port, NGROK_AUTHTOKEN: authtoken };
    expect(await plan({ domain: 'mine.ngrok.app' }, env)).toEqual({
      kind: 'tunnelled',
      authtoken,
      domain: 'mine.ngrok.app',
    });
  });

  it('at the address that is given, even where a tunnel could be had', async () => {
    const options = { publicUrl: 'https://relay.example/' };
    expect(await plan(options, { NGROK_AUTHTOKEN: authtoken })).toEqual({
      kind: 'own',
      publicUrl: 'https://relay.example',
    });
  });
});

describe('a call is not answered', () => {
  it.each<[string, Partial<LineOptions>, RegExp]>([
    ['without any way to a relay', {}, /NGROK_AUTHTOKEN.*--public-url.*--simulate/],
    [
      'by a relay that is not there',
      { url: 'http://127.0.0.1:1' },
      /No relay answers at http:\/\/127\.0\.0\.1:1/,
    ],
    [
      'at an address that is none',
      { publicUrl: 'relay.example' },
      /^--public-url 'relay\.example' is no base address/,
    ],
    ['at a query', { url: 'http://127.0.0.1:1/?twilio' }, /--url .* is not a relay's address/],
  ])('%s', async (_what, options, words) => {
    const thrown: unknown = await plan(options).catch((caught: unknown) => caught);
    expect(thrown).toBeInstanceOf(UsageError);
    expect((thrown as UsageError).message).toMatch(words);
  });

  it('by a relay that stays local', async () => {
    const port = await serve({ status: 'ok', sessions: 0 });
    const url = `http://127.0.0.1:${port}`;
    await expect(plan({ url })).rejects.toThrow(/is local: Twilio cannot reach it/);
    await expect(plan({ publicUrl: 'https://relay.example' }, { HZRELAY_PORT: port })).rejects.toThrow(
      /A local relay runs at .*, and the call would reach it/,
    );
    await expect(plan({}, { HZRELAY_PORT: port })).rejects.toThrow(/the one at \S+ is local/);
  });
});

describe('a line through a new tunnel', () => {
  const plan: LinePlan = { kind: 'tunnelled', authtoken, domain: 'mine.ngrok.app' };
  let opened: TunnelOptions | null = null;
  let closed = 0;
  let notices: RelayNotice[] = [];

  /** A tunnel that leads straight to the port. */
  const openTunnel = (options: TunnelOptions): Promise<Tunnel> => {
    opened = options;
    const close = (): Promise<void> => {
      closed++;
      return Promise.resolve();
    };
    return Promise.resolve({ url: `http://127.0.0.1:${options.port}`, state: 'connected', close });
  };
  const options = (more: Partial<OpenLineOptions> = {}): OpenLineOptions => ({
    session: lightSession(),
    token: undefined,
    clock: systemClock,
    onEvent: () => undefined,
    onNotice: (notice) => notices.push(notice),
    signal,
    openTunnel,
    ...more,
  });
  beforeEach(() => {
    [opened, closed, notices] = [null, 0, []];
  });

  it('leads to a relay that admits only Twilio, and closes with it', async () => {
    const line = await openLine(plan, options());
    expect(opened).toMatchObject({ authtoken, domain: 'mine.ngrok.app' });
    expect((await fetch(`${line.publicUrl}/events`)).status).toBe(401);
    expect((await fetch(`${line.publicUrl}/twilio/voice`, { method: 'POST' })).status).toBe(403);
    await line.close();
    expect(closed).toBe(1);
    await expect(fetch(`${line.publicUrl}/healthz`)).rejects.toThrow();
  });

  it('tells when it breaks and when it is back', async () => {
    const line = await openLine(plan, options());
    for (const state of ['reconnecting', 'connected', 'lost', 'closed'] as const) opened?.onState?.(state);
    expect(notices.map(({ level }) => level)).toEqual(['warn', 'info', 'warn']);
    await line.close();
  });

  it('is taken down where the relay cannot start', async () => {
    const stop = AbortSignal.abort(new Error('Stopped by SIGINT.'));
    await expect(openLine(plan, options({ signal: stop }))).rejects.toThrow('Stopped by SIGINT.');
    expect(closed).toBe(1);
  });
});
