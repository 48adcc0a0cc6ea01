/** Locks on state files, so that several processes of a user change them one after the other. */
import { randomBytes } from 'node:crypto';
import { delay, type Clock } from '../core/clock.js';
import { HzRelayError } from '../core/errors.js';
import { LockFolder } from './lock-folder.js';
import { makeStateFolder, unusable } from './state-file.js';

const retryMs = 50;
const noticeAfterMs = 1000;
/** The owner of a lock sends requests to a server, each with its own timeout, so a lock may last this long. */
const lockWithinMs = 60_000;
/** A living owner marks its lock twice in this time. A lock that is older was left behind by a crash. */
const staleAfterMs = 10_000;

export interface StateLockOptions {
  readonly clock: Clock;
  /** Is told once that another process has the lock, when the wait takes more than a second. */
  readonly onWait?: ((message: string) => void) | undefined;
}

/**
 * Runs `act` while no other process has the lock of the file. `lost` aborts if another process took the lock, which happens
 * when this process is stopped for more than 10 s; check it before each write. Throws an HzRelayError if another process
 * keeps the lock for a minute, and a StateError if there is no place for a lock.
 */
export async function withStateLock<T>(
  path: string,
  { clock, onWait }: StateLockOptions,
  act: (lost: AbortSignal) => Promise<T>,
): Promise<T> {
  await makeStateFolder(path);
  const lost = new AbortController();
  const unlock = await takeLock(path, { clock, onWait }, () =>
    lost.abort(
      new HzRelayError(
        `This process was stopped for so long that another hzrelay took ${path}. Run it again.`,
      ),
    ),
  );
  try {
    return await act(lost.signal);
  } finally {
    // A lock that cannot be removed is stale soon.
    await unlock().catch(() => undefined);
  }
}

async function takeLock(
  path: string,
  { clock, onWait }: StateLockOptions,
  onCompromised: () => void,
): Promise<() => Promise<void>> {
  const { default: lockfile } = await import('proper-lockfile');
  const startMs = clock.nowMs();
  let hasToldOfWait = false;
  for (;;) {
    const folder = new LockFolder(`${process.pid}-${randomBytes(6).toString('hex')}`);
    try {
      return await lockfile.lock(path, { fs: folder, realpath: false, stale: staleAfterMs, onCompromised });
    } catch (thrown) {
      if (!isTaken(thrown)) throw unusable(path, 'written', thrown);
    }
    const waitedMs = clock.nowMs() - startMs;
    if (waitedMs > lockWithinMs) {
      throw new HzRelayError(
        `Another hzrelay (process ${pidIn(folder.owner)}) has kept ${path} locked for a minute. Stop it, then try again.`,
      );
    }
    if (waitedMs > noticeAfterMs && !hasToldOfWait) {
      hasToldOfWait = true;
      onWait?.(`Waiting for another hzrelay (process ${pidIn(folder.owner)}), which has locked ${path}.`);
    }
    await delay(clock, retryMs);
  }
}

/** Whether another process has the lock, or has just taken it from a process that crashed. */
function isTaken(thrown: unknown): boolean {
  const code = typeof thrown === 'object' && thrown !== null && 'code' in thrown ? thrown.code : undefined;
  return code === 'ELOCKED' || code === 'ENOTEMPTY';
}

function pidIn(owner: string): string {
  return owner.split('-')[0] || 'unknown';
}
