import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { announcedRelays, announcedToken, announceRelay } from './relay-announcement.js';

const url = 'http://127.0.0.1:8787';
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hzrelay-state-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('a relay that announces itself', () => {
  it('is found by its address, until it takes its word back', async () => {
    const withdraw = await announceRelay({ url, token: 'secret' }, folder);
    expect(await announcedToken(url, folder)).toBe('secret');
    expect(await announcedToken('http://127.0.0.1:8788', folder)).toBeNull();
    const [name = ''] = await readdir(folder);
    expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
    await withdraw();
    expect(await readdir(folder)).toEqual([]);
    expect(await announcedToken(url, folder)).toBeNull();
  });

  it('is listed with the others of this machine until it is gone', async () => {
    expect(await announcedRelays(join(folder, 'none'))).toEqual([]);
    await writeFile(join(folder, 'relay-1.json'), '{}');
    await announceRelay({ url: 'http://127.0.0.1:10001', token: null }, folder);
    const withdraw = await announceRelay({ url, token: 'secret' }, folder);
    expect(await announcedRelays(folder)).toEqual([url, 'http://127.0.0.1:10001']);
    await withdraw();
    expect(await announcedRelays(folder)).toEqual(['http://127.0.0.1:10001']);
  });

  it.each([
    'http://relay.example:8787',
    // On this machine, but perhaps another user's.
    'http://[::1]:8787',
    'http://localhost:8787',
    'https://127.0.0.1:8787',
  ])('gives its token for no other address with its port: %s', async (other) => {
    await announceRelay({ url, token: 'secret' }, folder);
    expect(await announcedToken(other, folder)).toBeNull();
  });

  it.each(['http://127.0.0.1:8787', 'http://[::1]:8787', 'http://relay.example:8787'])(
    'that listens elsewhere leaves nothing for what listens at %s',
    async (other) => {
      await announceRelay({ url: 'http://192.0.2.7:8787', token: 'secret' }, folder);
      expect(await announcedToken(other, folder)).toBeNull();
    },
  );

  it('is not believed once its process is gone', async () => {
    await announceRelay({ url, token: 'secret' }, folder);
    const file = join(folder, 'relay-8787.json');
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    await writeFile(file, JSON.stringify({ ...(JSON.parse(await readFile(file, 'utf8')) as object), pid }));
    expect(await announcedToken(url, folder)).toBeNull();
  });

  it('leaves the word of the next one on its port alone', async () => {
    const withdraw = await announceRelay({ url, token: 'first' }, folder);
    await announceRelay({ url, token: 'second' }, folder);
    await withdraw();
    expect(await announcedToken(url, folder)).toBe('second');
  });

  it('needs no token where its routes are open', async () => {
    await announceRelay({ url, token: null }, folder);
    expect(await announcedToken(url, folder)).toBeNull();
  });
});
