import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, watch, type FSWatcher } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { systemClock } from '../core/clock.js';
import { callStart } from '../../test/harness/sample-calls.js';
import { FrameGate } from './frame-gate.js';
import { PaintingThread } from './painting-thread.js';

let folder: string;
let path: string;
let fd: number;
let watcher: FSWatcher;
let thread: PaintingThread;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hzrelay-painting-'));
  path = join(folder, 'screen');
  fd = openSync(path, 'w');
  watcher = watch(path);
});
afterAll(async () => {
  await thread.terminate();
  watcher.close();
  closeSync(fd);
  rmSync(folder, { recursive: true });
});

it('is replaced after a number of frames, without losing the picture or a key', async () => {
  const failures: Error[] = [];
  let ask: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => (ask = resolve));
  thread = new PaintingThread({
    data: {
      relay: {
        version: '0.1.0',
        state: 'ready',
        localUrl: null,
        publicUrl: null,
        phoneNumber: null,
        providers: null,
        recording: null,
      },
      columns: 80,
      rows: 24,
      colour: false,
      fd,
      gate: new FrameGate().memory,
      framesPerThread: 3,
    },
    nowMs: () => systemClock.nowMs(),
    onRequest: () => ask(),
    onFailed: (cause) => failures.push(cause),
  });
  const pictures = (): string[] =>
    readFileSync(path, 'utf8').split('\u001b[2J').map(stripVTControlCharacters);
  const shown = async (isShown: (pictures: string[]) => boolean): Promise<void> => {
    while (!isShown(pictures())) await once(watcher, 'change');
  };
  thread.post({ type: 'inputs', inputs: [{ type: 'event', event: callStart() }] });
  // Each thread paints its first picture in full, so the third contains what was handed over twice.
  for (let count = 2; count <= 4; count++) {
    for (let line = 0; line < 3; line++) {
      const text = `line ${count}.${line}`;
      thread.post({ type: 'inputs', inputs: [{ type: 'line', tag: 'INFO', text }] });
      await shown((all) => all.some((picture) => picture.includes(text)));
    }
    await shown((all) => all.length >= count);
  }
  expect(pictures()[3]).toContain('line 2.0');
  expect(pictures()[3]).toContain('a3f9b2c1');
  thread.post({ type: 'typed', text: 't' });
  await asked;
  expect(failures).toEqual([]);
});
