import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { until } from '../../test/harness/light-relay.js';
import { systemClock } from '../core/clock.js';
import { VirtualClock } from '../simulators/virtual-clock.js';
import { StateError } from './state-file.js';
import { withStateLock } from './state-lock.js';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hzrelay-lock-'));
  path = join(folder, 'state.json');
});
afterEach(async () => {
  jest.useRealTimers();
  await rm(folder, { recursive: true });
});

/** A lock that a crashed process has left behind. */
async function leaveStaleLock(file: string): Promise<void> {
  await mkdir(`${file}.lock`);
  await writeFile(join(`${file}.lock`, '1-gone'), '');
  await utimes(`${file}.lock`, 1, 1);
}

interface Holder {
  readonly release: () => void;
  readonly done: Promise<void>;
  readonly lost: AbortSignal;
}

/** Has the lock until `release` is called. */
async function hold(): Promise<Holder> {
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  let done = released;
  const lost = await new Promise<AbortSignal>((resolve) => {
    done = withStateLock(path, { clock: systemClock }, (signal) => {
      resolve(signal);
      return released;
    });
  });
  return { release, done, lost };
}

describe('a state lock', () => {
  it('tells what another process does there when the wait takes more than a second, and then goes on', async () => {
    const clock = new VirtualClock();
    const holder = await hold();
    const said: string[] = [];
    const waiting = withStateLock(path, { clock, onWait: (text) => said.push(text) }, () =>
      Promise.resolve('done'),
    );
    await until(() => clock.pendingTimers === 1);
    clock.advance(1001);
    await until(() => clock.pendingTimers === 1);
    expect(said).toEqual([`Waiting for another hzrelay (process ${process.pid}), which has locked ${path}.`]);
    holder.release();
    await holder.done;
    clock.advance(50);
    expect(await waiting).toBe('done');
    expect(said).toHaveLength(1);
    expect(await readdir(folder)).toEqual([]);
  });

  it('that another process keeps for a minute is an error with its remedy', async () => {
    const clock = new VirtualClock();
    const holder = await hold();
    const waiting = withStateLock(path, { clock }, () => Promise.resolve());
    waiting.catch(() => undefined);
    await until(() => clock.pendingTimers === 1);
    clock.advance(60_001);
    await expect(waiting).rejects.toThrow(
      `Another hzrelay (process ${process.pid}) has kept ${path} locked for a minute. Stop it, then try again.`,
    );
    holder.release();
    await holder.done;
  });

  it('that a crash has left behind is taken', async () => {
    await leaveStaleLock(path);
    expect(await withStateLock(path, { clock: systemClock }, () => Promise.resolve('done'))).toBe('done');
    expect(await readdir(folder)).toEqual([]);
  });

  it('is released when the work fails', async () => {
    const failing = withStateLock(path, { clock: systemClock }, () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    expect(await readdir(folder)).toEqual([]);
  });

  it('tells the work when another process took it, and leaves that one its lock', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'Date', 'performance'] });
    const { release, done, lost } = await hold();
    await rm(`${path}.lock`, { recursive: true });
    await leaveStaleLock(path);
    jest.advanceTimersByTime(5000);
    jest.useRealTimers();
    await until(() => lost.aborted);
    expect(String(lost.reason)).toMatch(/was stopped for so long that another hzrelay took .*Run it again/);
    release();
    await done;
    expect(await readdir(`${path}.lock`)).toEqual(['1-gone']);
  });

  it('needs a folder that can be written', async () => {
    const nowhere = withStateLock('/dev/null/state.json', { clock: systemClock }, () => Promise.resolve());
    await expect(nowhere).rejects.toThrow(StateError);
  });
});

/** Takes the lock of each path that it is sent, and reports whether it was alone there. */
const contender = `
import { readFile, rm, writeFile } from 'node:fs/promises';
import { systemClock as clock } from ${JSON.stringify(new URL('../../dist/core/clock.js', import.meta.url).href)};
import { withStateLock } from ${JSON.stringify(new URL('../../dist/relay/state-lock.js', import.meta.url).href)};
process.on('message', (path) =>
  withStateLock(path, { clock }, async () => {
    await writeFile(path + '.inside', '', { flag: 'wx' });
    const count = Number(await readFile(path, 'utf8'));
    await writeFile(path, String(count + 1));
    await rm(path + '.inside');
  }).then(() => process.send(null), (thrown) => process.send(thrown.message)),
);
process.send('ready');
`;

describe('processes that want the same lock', () => {
  const processes = 6;
  let contenders: readonly ChildProcess[] = [];
  beforeEach(async () => {
    const script = join(folder, 'contender.mjs');
    await writeFile(script, contender);
    contenders = Array.from({ length: processes }, () => fork(script, { execArgv: [] }));
    await Promise.all(contenders.map((child) => once(child, 'message')));
  });
  afterEach(() => {
    for (const child of contenders) child.kill();
  });

  it('have it one at a time, also when all find the one of a crashed process', async () => {
    for (let round = 0; round < 20; round++) {
      const file = join(folder, `${round}.json`);
      await writeFile(file, '0');
      await leaveStaleLock(file);
      const answers = contenders.map((child) => once(child, 'message'));
      for (const child of contenders) child.send(file);
      const problems = (await Promise.all(answers)).map(([problem]: unknown[]) => problem);
      expect(problems).toEqual(contenders.map(() => null));
      expect(await readFile(file, 'utf8')).toBe(String(processes));
    }
    expect((await readdir(folder)).filter((name) => name.includes('lock'))).toEqual([]);
  });
});
