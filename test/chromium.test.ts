import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { findChromium } from './harness/chromium.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hzrelay-browser-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

function program(name: string, mode = 0o755): string {
  const path = join(folder, name);
  writeFileSync(path, '');
  chmodSync(path, mode);
  return path;
}

describe('the browser for tests', () => {
  it('is the one that HZRELAY_CHROMIUM names', () => {
    program('chromium');
    const named = program('my-browser');
    expect(findChromium({ HZRELAY_CHROMIUM: named, PATH: folder })).toBe(named);
  });

  it('fails if HZRELAY_CHROMIUM cannot be run', () => {
    const path = join(folder, 'nowhere');
    expect(() => findChromium({ HZRELAY_CHROMIUM: path })).toThrow(`HZRELAY_CHROMIUM is ${path}`);
  });

  it('is the first on the path otherwise, Chromium before Chrome before Edge', () => {
    program('microsoft-edge');
    const chrome = program('google-chrome');
    const PATH = ['/nonexistent', folder].join(delimiter);
    expect(findChromium({ PATH })).toBe(chrome);
    const chromium = program('chromium');
    expect(findChromium({ PATH })).toBe(chromium);
  });

  it('must be a program', () => {
    // Root may read and write every file, but execute only files that are executable.
    program('chromium', 0o644);
    const found = findChromium({ PATH: folder });
    expect(found?.startsWith(folder) ?? false).toBe(false);
  });
});
