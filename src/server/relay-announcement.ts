/**
 * How the user's other commands find a relay's token: a running relay leaves it in a file that only they can read, so that
 * whoever may run commands as its user need not copy it.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { isLoopback } from './access.js';
import { isProcessAlive, readState, removeState, stateFolder, writeState } from './state-file.js';

export interface AnnouncedRelay {
  /** Its address on this machine. */
  readonly url: string;
  /** What opens its private routes; null where they are open. */
  readonly token: string | null;
}

const schema = z.object({ url: z.string(), token: z.string().nullable(), pid: z.number() });

/** Leaves word of a relay that listens. Resolves with what takes it back; a relay that crashed is not believed any more. */
export async function announceRelay(
  { url, token }: AnnouncedRelay,
  folder = stateFolder(),
): Promise<() => Promise<void>> {
  const file = fileOf(url, folder);
  const { pid } = process;
  await writeState(file, { url, token, pid });
  return async () => {
    // Another relay may have the port by now.
    const left = schema.safeParse(await readState(file));
    if (left.success && left.data.pid === pid && left.data.token === token) await removeState(file);
  };
}

/** The token of a relay of this user's on this machine; null where none was left, or its relay is gone. */
export async function announcedToken(url: string, folder = stateFolder()): Promise<string | null> {
  if (!isLoopback(new URL(url).hostname)) return null;
  const left = schema.safeParse(await readState(fileOf(url, folder)));
  return left.success && isProcessAlive(left.data.pid) ? left.data.token : null;
}

/** One relay has a port, whatever the machine is called. */
function fileOf(url: string, folder: string): string {
  const { port, protocol } = new URL(url);
  return join(folder, `relay-${port || (protocol === 'https:' ? '443' : '80')}.json`);
}
