/** State that outlives a process: small JSON files in a folder of the user. */
import { randomBytes } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { HzRelayError } from '../core/errors.js';
import { makeFolder } from './make-folder.js';
import { reasonOf } from './system-reason.js';

/**
 * The folder for state files cannot be used; the message says why. Callers for which state is optional go on without
 * it.
 */
export class StateError extends HzRelayError {}

/**
 * The folder of the state files: `hzrelay` below `XDG_STATE_HOME`, else below `~/.local/state`. Throws a StateError if the
 * user has no home.
 *
 * Source: https://specifications.freedesktop.org/basedir-spec/latest/
 */
export function stateFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const { XDG_STATE_HOME: home = '' } = env;
  return join(isAbsolute(home) ? home : join(userHome(), '.local', 'state'), 'hzrelay');
}

function userHome(): string {
  let home = '';
  try {
    home = homedir();
  } catch {
    // The system does not know the user, as in some containers.
  }
  if (isAbsolute(home)) return home;
  throw new StateError('There is no home folder to keep state in. Set HOME, or XDG_STATE_HOME.');
}

/** The value in the file; undefined if there is no file or no JSON in it. Throws a StateError if it cannot be read. */
export async function readState(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return undefined;
    throw unusable(path, 'read', thrown);
  }
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Writes the file completely or not at all, readable for its owner only. Makes the folder. Throws a StateError if it cannot.
 */
export async function writeState(path: string, value: object): Promise<void> {
  await makeStateFolder(path);
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await writeFile(draft, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600, flag: 'wx', flush: true });
    await rename(draft, path);
  } catch (thrown) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw unusable(path, 'written', thrown);
  }
}

/** Removes the file if there is one. */
export async function removeState(path: string): Promise<void> {
  await rm(path, { force: true });
}

/** Makes the folder of a state file. Throws a StateError if it cannot. */
export async function makeStateFolder(path: string): Promise<void> {
  await makeFolder(dirname(path)).catch((cause: unknown) => {
    throw unusable(path, 'written', cause);
  });
}

/** What to tell the user if a state file cannot be used. */
export function unusable(path: string, what: 'read' | 'written', cause: unknown): StateError {
  return new StateError(
    `The folder ${dirname(path)} cannot be ${what}: ${reasonOf(cause)}. Set XDG_STATE_HOME to another.`,
    { cause },
  );
}

/** Whether a process with this id runs on this machine. */
export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return codeOf(thrown) === 'EPERM';
  }
}

function codeOf(thrown: unknown): unknown {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown ? thrown.code : undefined;
}
