import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { writePrivateFile } from './private-file.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hzrelay-private-'));
});
afterEach(() => rm(folder, { recursive: true }));

it.each([null, 0o644, 0o666])('a file that was %s before is its owner’s alone afterwards', async (before) => {
  const path = join(folder, 'call.wav');
  if (before !== null) {
    await writeFile(path, 'something longer than what comes');
    await chmod(path, before);
  }
  await writePrivateFile(path, Uint8Array.of(1, 2, 3));
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(new Uint8Array(await readFile(path))).toEqual(Uint8Array.of(1, 2, 3));
});

it('a device keeps its mode', async () => {
  const { mode } = await stat('/dev/null');
  await writePrivateFile('/dev/null', Uint8Array.of(1));
  expect((await stat('/dev/null')).mode).toBe(mode);
});
