/**
 * How other commands of the same user find a relay's token: a running relay writes it to a file that only this user can
 * read.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isLoopback } from './http/access.js';
import { isProcessAlive, readState, removeState, stateFolder, writeState } from './state-file.js';

export interface AnnouncedRelay {
  /** Its address on this machine. */
  readonly url: string;
  /** The token for its private routes; null if they need none. */
  readonly token: string | null;
}

const schema = z.object({ url: z.url(), token: z.string().nullable(), pid: z.number() });

/**
 * Writes the file of a listening relay. Resolves with a function that removes it. The file of a crashed relay is
 * ignored.
 */
export async function announceRelay(
  { url, token }: AnnouncedRelay,
  folder = stateFolder(),
): Promise<() => Promise<void>> {
  const file = fileOf(url, folder);
  const { pid } = process;
  await writeState(file, { url, token, pid });
  return async () => {
    // Another relay may have taken the port and replaced the file.
    const left = schema.safeParse(await readState(file));
    if (left.success && left.data.pid === pid && left.data.token === token) await removeState(file);
  };
}

/**
 * The token of this user's relay at exactly this address of this machine; null if there is none or its relay is gone.
 * The same port on another address may belong to another user.
 */
export async function announcedToken(url: string, folder = stateFolder()): Promise<string | null> {
  if (!isLoopback(new URL(url).hostname)) return null;
  const left = schema.safeParse(await readState(fileOf(url, folder)));
  if (!left.success || !isProcessAlive(left.data.pid)) return null;
  return new URL(left.data.url).origin === new URL(url).origin ? left.data.token : null;
}

/** The addresses of this user's running relays on this machine, by port. */
export async function announcedRelays(folder = stateFolder()): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  const ports = names.flatMap((name) => /^relay-(\d+)\.json$/.exec(name)?.[1] ?? []).map(Number);
  const read = ports
    .sort((one, other) => one - other)
    .map(async (port) => schema.safeParse(await readState(join(folder, `relay-${port}.json`))));
  return (await Promise.all(read)).flatMap(({ success, data }) =>
    success && isProcessAlive(data.pid) && isLoopback(new URL(data.url).hostname) ? [data.url] : [],
  );
}

/** Named by port alone: one relay has a port, whichever name of this machine the URL uses. */
function fileOf(url: string, folder: string): string {
  const { port, protocol } = new URL(url);
  return join(folder, `relay-${port || (protocol === 'https:' ? '443' : '80')}.json`);
}
