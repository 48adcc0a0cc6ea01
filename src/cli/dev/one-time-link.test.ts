import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import { isOwnConnection, openOneTimeLink } from './one-time-link.js';
import { openPage } from './open-page.js';

const target = 'https://relay.example/?token=a-secret';
const visit = (url: string): Promise<Response> => fetch(url, { redirect: 'manual' });

describe('a one-time link', () => {
  it('leads on once, and then nowhere', async () => {
    const clock = new VirtualClock();
    const link = await openOneTimeLink(target, { clock });
    expect(link.url).not.toContain('secret');
    const response = await visit(link.url);
    expect([response.status, response.headers.get('location')]).toEqual([302, target]);
    expect(response.headers.get('cache-control')).toBe('no-store');
    await link.ended;
    await expect(visit(link.url)).rejects.toThrow();
    expect(clock.pendingTimers).toBe(0);
  });

  it.each(['/', '/favicon.ico', '/x'])('tells nothing at %s, and waits for its own', async (path) => {
    const link = await openOneTimeLink(target, { clock: new VirtualClock() });
    const other = await visit(new URL(path, link.url).href);
    expect([other.status, other.headers.get('location')]).toEqual([404, null]);
    expect((await fetch(link.url, { method: 'POST', redirect: 'manual' })).status).toBe(404);
    expect((await visit(link.url)).status).toBe(302);
    await link.ended;
  });

  it('tells another user nothing, and still serves its own', async () => {
    let isOwn = false;
    const link = await openOneTimeLink(target, {
      clock: new VirtualClock(),
      isOwn: () => Promise.resolve(isOwn),
    });
    expect((await visit(link.url)).status).toBe(404);
    isOwn = true;
    expect((await visit(link.url)).status).toBe(302);
    await link.ended;
  });

  it('that nothing uses is over after a minute', async () => {
    const clock = new VirtualClock();
    const link = await openOneTimeLink(target, { clock });
    clock.advance(60_000);
    await link.ended;
    await expect(visit(link.url)).rejects.toThrow();
  });
});

it('a connection of this user is known as one', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [socket] = (await once(server, 'connection')) as [Socket];
  expect(await isOwnConnection(socket)).toBe(true);
  client.destroy();
  server.close();
});

describe('opening the page', () => {
  it.each([target, 'http://127.0.0.1:8787/?token=a-secret'])(
    'shows no token of %s to others',
    async (url) => {
      const clock = new VirtualClock();
      let given = '';
      const said = await openPage(url, clock, (_command, args) => {
        given = args.join(' ');
        return Promise.resolve();
      });
      expect(given).not.toContain('a-secret');
      expect(said).not.toContain('a-secret');
      const link = /http:\S+$/.exec(given)?.[0] ?? '';
      expect((await visit(link)).headers.get('location')).toBe(url);
    },
  );

  it('gives an address that opens nothing as it is', async () => {
    let given: readonly string[] = [];
    const start = (_command: string, args: readonly string[]): Promise<void> => {
      given = args;
      return Promise.resolve();
    };
    expect(await openPage('http://127.0.0.1:8787/', new VirtualClock(), start)).toBe(
      'Opened http://127.0.0.1:8787/',
    );
    expect(given.at(-1)).toBe('http://127.0.0.1:8787/');
  });

  it('shows the address if there is no browser, and closes the link', async () => {
    const clock = new VirtualClock();
    const opening = openPage(target, clock, () => Promise.reject(new Error('ENOENT')));
    await expect(opening).rejects.toThrow(`No browser could be opened here; open ${target}`);
    expect(clock.pendingTimers).toBe(0);
  });
});
