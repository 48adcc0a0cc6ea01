import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { systemClock } from '../../core/clock.js';
import { announceRelay } from '../../relay/relay-announcement.js';
import { UsageError } from '../exit.js';
import { localRelay } from './local-relay.js';

let home: string;
/** The address at which a relay answers. */
let answering: string | null;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'hzrelay-local-'));
  answering = null;
  jest.spyOn(globalThis, 'fetch').mockImplementation((input) => {
    const isThere = input instanceof URL && input.href === `${answering}/healthz`;
    return isThere
      ? Promise.resolve(Response.json({ status: 'ok', sessions: 0 }))
      : Promise.reject(new TypeError('fetch failed'));
  });
});
afterEach(async () => {
  jest.restoreAllMocks();
  await rm(home, { recursive: true });
});

const { signal } = new AbortController();
const find = (env: Record<string, string> = {}): Promise<string> =>
  localRelay({ clock: systemClock, signal, env: { XDG_STATE_HOME: home, ...env } });
const announce = (port: number): Promise<unknown> =>
  announceRelay({ url: `http://127.0.0.1:${port}`, token: null }, join(home, 'hzrelay'));

describe('the relay on this machine', () => {
  it('is that of the usual port where none is known', async () => {
    expect(await find()).toBe('http://127.0.0.1:8787');
  });

  it('is the one that runs, whatever its port', async () => {
    await announce(9311);
    expect(await find()).toBe('http://127.0.0.1:9311');
  });

  it('is that of the usual port where one answers there, and that of HZRELAY_PORT before all', async () => {
    await announce(9311);
    answering = 'http://127.0.0.1:8787';
    expect(await find()).toBe('http://127.0.0.1:8787');
    expect(await find({ HZRELAY_PORT: '9000' })).toBe('http://127.0.0.1:9000');
  });

  it('must be named where several run', async () => {
    await announce(10_311);
    await announce(9311);
    await expect(find()).rejects.toThrow(UsageError);
    await expect(find()).rejects.toThrow(
      'Several relays run on this machine: http://127.0.0.1:9311, http://127.0.0.1:10311. Name one, for example: --url http://127.0.0.1:9311',
    );
  });
});
