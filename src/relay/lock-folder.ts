/**
 * A lock on disk: a folder `<file>.lock` with one file in it, which names the owner. proper-lockfile works through
 * these file operations.
 *
 * The package's own lock is an empty folder. When two processes find a stale lock, both may remove it, and the slower
 * one removes the lock that the faster one has just taken. A folder that names its owner cannot be removed by mistake:
 * the stale owner's file is deleted first, and `rmdir` fails while the folder holds another owner's file.
 */
import { rmdirSync, unlinkSync, type Stats } from 'node:fs';
import { mkdir, readdir, rename, rm, rmdir, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock, wallMsOf } from '../core/clock.js';

const fileIsStaleAfterMs = 10_000;

type Callback<T> = (error: unknown, result?: T) => void;

/** For one attempt to take one lock. */
export class LockFolder {
  readonly #id: string;
  /** Our own id once we have the lock, before that the last owner seen. */
  #owner = '';
  #isOurs = false;

  /** `id`: names the owner; unique to this attempt, and the name of a file. */
  constructor(id: string) {
    this.#id = id;
  }

  /** The last owner seen. */
  get owner(): string {
    return this.#owner;
  }

  /** Takes the lock in one step: a folder that is not empty cannot be replaced. */
  mkdir(path: string, done: Callback<void>): void {
    answer(this.#take(path), done);
  }

  stat(path: string, done: Callback<Stats>): void {
    answer(this.#look(path), done);
  }

  rmdir(path: string, done: Callback<void>): void {
    answer(this.#remove(path), done);
  }

  utimes(path: string, accessed: Date, modified: Date, done: Callback<void>): void {
    answer(utimes(path, accessed, modified), done);
  }

  /** Called when the process exits. */
  rmdirSync(path: string): void {
    unlinkSync(join(path, this.#owner));
    rmdirSync(path);
  }

  async #take(path: string): Promise<void> {
    const draft = `${path}.${this.#id}`;
    await mkdir(draft, { mode: 0o700 });
    try {
      await writeFile(join(draft, this.#id), '', { mode: 0o600 });
      await rename(draft, path).catch(async (thrown: unknown) => {
        if (codeOf(thrown) !== 'ENOTDIR') throw thrown;
        // A file: the lock of a version before folders were used. None that runs has it for this long.
        if (wallMsOf(systemClock) - (await stat(path)).mtimeMs > fileIsStaleAfterMs)
          await rm(path, { force: true });
        throw taken('EEXIST');
      });
    } catch (thrown) {
      await rm(draft, { recursive: true, force: true });
      throw codeOf(thrown) === 'ENOTEMPTY' ? taken('EEXIST') : thrown;
    }
    this.#owner = this.#id;
    this.#isOurs = true;
  }

  async #look(path: string): Promise<Stats> {
    // Read the owner before the time: if the lock changes hands in between, the time is the new owner's and the lock is
    // not stale.
    const [owner = ''] = await readdir(path);
    if (this.#isOurs && owner !== this.#id) throw taken('ENOENT');
    this.#owner = owner;
    return stat(path);
  }

  async #remove(path: string): Promise<void> {
    if (this.#owner !== '') await rm(join(path, this.#owner), { force: true });
    await rmdir(path);
  }
}

function answer<T>(work: Promise<T>, done: Callback<T>): void {
  work.then(
    (result) => done(null, result),
    (error: unknown) => done(error),
  );
}

function taken(code: 'EEXIST' | 'ENOENT'): NodeJS.ErrnoException {
  return Object.assign(new Error('Another process has the lock.'), { code });
}

function codeOf(thrown: unknown): unknown {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown ? thrown.code : undefined;
}
