import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LockFolder } from './lock-folder.js';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hzrelay-lock-'));
  path = join(folder, 'state.json.lock');
});
afterEach(() => rm(folder, { recursive: true }));

const take = (lock: LockFolder): Promise<unknown> => promisify<unknown>((done) => lock.mkdir(path, done))();
const look = (lock: LockFolder): Promise<unknown> => promisify<unknown>((done) => lock.stat(path, done))();
const remove = (lock: LockFolder): Promise<unknown> => promisify<unknown>((done) => lock.rmdir(path, done))();

describe('a lock', () => {
  it('belongs to one process, and leaves nothing behind', async () => {
    const [first, second] = [new LockFolder('1-a'), new LockFolder('2-b')];
    await take(first);
    await expect(take(second)).rejects.toMatchObject({ code: 'EEXIST' });
    await look(second);
    expect(second.owner).toBe('1-a');
    await remove(first);
    await take(second);
    await remove(second);
    expect(await readdir(folder)).toEqual([]);
  });

  it('that two processes found stale cannot be taken from the one that was faster', async () => {
    await take(new LockFolder('1-gone'));
    const [faster, slower] = [new LockFolder('2-a'), new LockFolder('3-b')];
    await Promise.all([look(faster), look(slower)]);
    await remove(faster);
    await take(faster);
    await expect(remove(slower)).rejects.toMatchObject({ code: 'ENOTEMPTY' });
    await expect(take(slower)).rejects.toMatchObject({ code: 'EEXIST' });
    expect(await readdir(path)).toEqual(['2-a']);
  });

  it('that lost its owner file in a crash can be taken', async () => {
    await mkdir(path);
    const lock = new LockFolder('1-a');
    await take(lock);
    expect(await readdir(path)).toEqual(['1-a']);
  });

  it('tells its owner when another process took it', async () => {
    const lock = new LockFolder('1-a');
    await take(lock);
    await rm(path, { recursive: true });
    await take(new LockFolder('2-b'));
    await expect(look(lock)).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(remove(lock)).rejects.toMatchObject({ code: 'ENOTEMPTY' });
  });
});
