import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { makeFolder } from './make-folder.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hzrelay-folder-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('a folder is made with those above it, for its owner alone, also by two at once', async () => {
  const path = join(folder, 'a', 'b', 'c');
  await Promise.all([makeFolder(path), makeFolder(path)]);
  await makeFolder(path);
  for (const part of [path, join(folder, 'a')]) expect((await stat(part)).mode & 0o777).toBe(0o700);
});

it.each([
  ['a file', (root: string) => join(root, 'file'), 'EEXIST'],
  ['below a file', (root: string) => join(root, 'file', 'a', 'b'), 'ENOTDIR'],
  ['where none can be made', () => '/proc/hzrelay/a', 'ENOENT'],
])('one that is %s is refused', async (_what, path, code) => {
  await writeFile(join(folder, 'file'), '');
  await expect(makeFolder(path(folder))).rejects.toMatchObject({ code });
});
