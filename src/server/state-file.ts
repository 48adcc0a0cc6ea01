/** Small facts that must outlive a process: one JSON file each, in a folder of the user's. */
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { delay, type Clock } from '../clock.js';
import { HzRelayError } from '../errors.js';

const lockRetryMs = 50;
/** Whoever holds a lock talks to a server meanwhile, and each of its requests has a time-out. */
const lockWithinMs = 60_000;

/**
 * Where such files live: `hzrelay` below `XDG_STATE_HOME`, else below `~/.local/state`.
 *
 * Source: https://specifications.freedesktop.org/basedir-spec/latest/
 */
export function stateFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const { XDG_STATE_HOME: home = '' } = env;
  return join(isAbsolute(home) ? home : join(homedir(), '.local', 'state'), 'hzrelay');
}

/** What the file holds; undefined where there is none, or no JSON in it. */
export async function readState(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return undefined;
    throw thrown;
  }
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Writes the file whole or not at all, for its owner's eyes only; makes the folder. */
export async function writeState(path: string, value: object): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await writeFile(draft, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600, flag: 'wx', flush: true });
    await rename(draft, path);
  } catch (thrown) {
    await rm(draft, { force: true });
    throw thrown;
  }
}

/** Removes the file, if it is there. */
export async function removeState(path: string): Promise<void> {
  await rm(path, { force: true });
}

/**
 * Does something while no other process does something with the same file. A lock whose process is gone counts for
 * nothing. Throws an HzRelayError where it cannot be had in a minute.
 */
export async function withStateLock<T>(path: string, clock: Clock, act: () => Promise<T>): Promise<T> {
  const lock = `${path}.lock`;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const startMs = clock.nowMs();
  while (!(await take(lock))) {
    if (clock.nowMs() - startMs > lockWithinMs)
      throw new HzRelayError(
        `Another hzrelay has been at ${path} for a minute. If none runs, delete ${lock}.`,
      );
    await delay(clock, lockRetryMs);
  }
  try {
    return await act();
  } finally {
    await rm(lock, { force: true });
  }
}

/** Whether a process of this number runs on this machine. */
export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return codeOf(thrown) === 'EPERM';
  }
}

async function take(lock: string): Promise<boolean> {
  try {
    await writeFile(lock, String(process.pid), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (thrown) {
    if (codeOf(thrown) !== 'EEXIST') throw thrown;
  }
  const holder = Number(await readFile(lock, 'utf8').catch(() => ''));
  // Empty is a lock that is just being written.
  if (holder > 0 && !isProcessAlive(holder)) await rm(lock, { force: true });
  return false;
}

function codeOf(thrown: unknown): unknown {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown ? thrown.code : undefined;
}
