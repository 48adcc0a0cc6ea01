import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { CallRecordingFile } from '../../telephony/twilio-account.js';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import { fetchRecording } from './recording-file.js';

let folder: string;
let clock: VirtualClock;
let removed: number;
const wav = Uint8Array.of(1, 2, 3);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hzrelay-recording-'));
  clock = new VirtualClock();
  removed = 0;
});
afterEach(() => rm(folder, { recursive: true }));

/** An account whose recording is ready after this time. */
function readyAfter(ms: number): { recording(): Promise<CallRecordingFile | null> } {
  const remove = (): Promise<void> => {
    removed++;
    return Promise.resolve();
  };
  return { recording: () => Promise.resolve(clock.nowMs() >= ms ? { wav, remove } : null) };
}

async function run(promise: Promise<void>): Promise<void> {
  const settled = new AbortController();
  promise.catch(() => undefined).finally(() => settled.abort());
  while (!settled.signal.aborted) {
    await nextTurn();
    if (clock.pendingTimers > 0) clock.advance(1000);
  }
  return promise;
}

it('a recording is written when it is ready, and Twilio keeps none', async () => {
  const path = join(folder, 'call.wav');
  await run(fetchRecording(readyAfter(5000), 'CA1', path, clock));
  expect(new Uint8Array(await readFile(path))).toEqual(wav);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(clock.nowMs()).toBe(5000);
  expect(removed).toBe(1);
});

it('a recording that does not become ready is not waited for longer than a minute', async () => {
  const waiting = fetchRecording(readyAfter(Infinity), 'CA1', join(folder, 'call.wav'), clock);
  await expect(run(waiting)).rejects.toThrow(/no recording of the call after 60 s.*CA1/);
});

it('a recording that cannot be written stays at Twilio', async () => {
  const path = join(folder, 'nowhere', 'call.wav');
  await expect(run(fetchRecording(readyAfter(0), 'CA1', path, clock))).rejects.toThrow(
    /Twilio keeps its copy/,
  );
  expect(removed).toBe(0);
});
