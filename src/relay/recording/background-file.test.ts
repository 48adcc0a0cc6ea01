import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { messageOf } from '../../core/errors.js';
import { BackgroundFile } from './background-file.js';

let folder = '';
let path = '';
const made = Promise.resolve();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hzrelay-file-'));
  path = join(folder, 'file');
});
afterEach(() => rm(folder, { recursive: true }));

/** A file, and the failures that it reports. */
function open(options: { readonly maxWaitingBytes?: number; readonly folder?: Promise<unknown> } = {}): {
  readonly file: BackgroundFile;
  readonly failures: string[];
} {
  const failures: string[] = [];
  const onFailure = (cause: unknown): void => void failures.push(messageOf(cause));
  const file = new BackgroundFile(path, options.folder ?? made, { onFailure, ...options });
  return { file, failures };
}

describe('a file that is written in the background', () => {
  it('contains all appended bytes in order, and the patch, once it is closed', async () => {
    const { file, failures } = open();
    for (let i = 0; i < 1000; i++) {
      file.append(Buffer.from(`${i},`));
      if (i % 100 === 0) await new Promise(setImmediate);
    }
    await Promise.all([file.close(Buffer.from('X')), file.close()]);
    file.append(Buffer.from('too late'));
    expect(await readFile(path, 'utf8')).toBe(
      `X${Array.from({ length: 1000 }, (_, i) => `${i},`)
        .join('')
        .slice(1)}`,
    );
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(failures).toEqual([]);
  });

  it('waits for its folder', async () => {
    let make = (): void => undefined;
    const { file } = open({ folder: new Promise<void>((resolve) => (make = resolve)) });
    file.append(Buffer.from('hello'));
    expect(await stat(path).catch(() => null)).toBeNull();
    make();
    await file.close();
    expect(await readFile(path, 'utf8')).toBe('hello');
  });

  it('never overwrites an existing file, and reports that once', async () => {
    await writeFile(path, 'precious');
    const { file, failures } = open();
    file.append(Buffer.from('hello'));
    file.append(Buffer.from('again'));
    await file.close(Buffer.from('X'));
    expect(failures).toEqual([expect.stringMatching(/EEXIST: file already exists/)]);
    expect(await readFile(path, 'utf8')).toBe('precious');
  });

  it('gives up if the disk does not keep up, instead of filling the memory', () => {
    const { file, failures } = open({ maxWaitingBytes: 100, folder: new Promise(() => undefined) });
    for (let i = 0; i < 50; i++) file.append(new Uint8Array(10));
    expect(failures).toEqual(['the disk is too slow']);
  });
});
