import { describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readPageFiles } from './page-files.js';

describe('the page’s files', () => {
  it('are those that a browser asks for, by their paths', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hzrelay-files-'));
    mkdirSync(join(folder, 'web', 'browser'), { recursive: true });
    writeFileSync(join(folder, 'index.html'), '<p>');
    writeFileSync(join(folder, 'web', 'browser', 'main.js'), 'export {};');
    writeFileSync(join(folder, 'web', 'notes.txt'), 'not for browsers');
    const files = await readPageFiles(pathToFileURL(`${folder}/`));
    rmSync(folder, { recursive: true });
    expect([...files.keys()].sort()).toEqual(['index.html', 'web/browser/main.js']);
    expect(files.get('web/browser/main.js')).toEqual({
      body: Buffer.from('export {};'),
      contentType: 'text/javascript; charset=utf-8',
      etag: expect.stringMatching(/^"[\w-]{22}"$/),
    });
    expect(files.get('index.html')?.etag).not.toBe(files.get('web/browser/main.js')?.etag);
  });

  it('are none where the page was not built', async () => {
    expect(await readPageFiles(new URL('file:///nonexistent/page/'))).toEqual(new Map());
  });
});
