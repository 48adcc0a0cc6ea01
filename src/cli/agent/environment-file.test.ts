import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EnvironmentFile } from './environment-file.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hzrelay-env-'));
});
afterEach(() => rm(folder, { recursive: true }));

type Variables = Record<string, string | undefined>;

async function read(text: string, env: Variables = {}): Promise<{ env: Variables; message?: string }> {
  await writeFile(join(folder, '.env'), text);
  const reading = new EnvironmentFile(folder, env).read();
  return { env, ...(reading && { message: reading.message }) };
}

describe('the .env beside an agent', () => {
  it.each([
    ['quotes and comments', `A="x # y" # why\n# B=2\nC='it is'\n`, { A: 'x # y', C: 'it is' }],
    ['lines as a shell exports them', 'export A=1\n  export C = 2\n', { A: '1', C: '2' }],
    ['line ends of Windows, behind a byte order mark', '\uFEFFA=1\r\nC=2\r\n', { A: '1', C: '2' }],
    ['values with = and over two lines', 'A=b=c==\nC="one\ntwo"\n', { A: 'b=c==', C: 'one\ntwo' }],
  ])('may have %s', async (_what, text, values) => {
    const { env, message } = await read(text);
    expect(env).toEqual(values);
    expect(message).toBe('From .env: A, C.');
  });

  it.each([
    ['a value', 'mine'],
    ['an empty value, which switches it off', ''],
  ])('changes nothing that the shell has set to %s, and does not say so', async (_what, value) => {
    expect(await read('KEY=secret\n', { KEY: value })).toEqual({ env: { KEY: value } });
  });

  it('takes back what it no longer has, but not what the program has set since', async () => {
    const env: Variables = {};
    const path = join(folder, '.env');
    await writeFile(path, 'GONE=1\nCHANGED=1\n');
    const file = new EnvironmentFile(folder, env);
    file.read();
    env.CHANGED = 'by the program';
    await rm(path);
    expect(file.read()).toBeNull();
    expect(env).toEqual({ CHANGED: 'by the program' });
  });

  it('that cannot be read is said, without values', async () => {
    await mkdir(join(folder, '.env'));
    expect(new EnvironmentFile(folder, {}).read()).toMatchObject({
      failed: true,
      message: expect.stringMatching(/\.env cannot be read: .*EISDIR/),
    });
  });
});
