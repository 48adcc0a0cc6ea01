import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Clock } from '../../core/clock.js';
import { openOneTimeLink } from './one-time-link.js';

/** The program that opens an address on this platform. */
const openers: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
};

/** Starts a program with these arguments; resolves when it has started. */
export type Start = (command: string, args: readonly string[]) => Promise<void>;

/**
 * Opens the page in the user's browser. Without a browser it rejects with an error that shows the address. The
 * machine's other users never see a link with a token: the browser gets it through a one-time link.
 */
export async function openPage(url: string, clock: Clock, start: Start = startDetached): Promise<string> {
  const isSecret = new URL(url).search !== '';
  const link = isSecret ? await openOneTimeLink(url, { clock }) : null;
  const [command, ...args] = openers[process.platform] ?? ['xdg-open'];
  try {
    await start(command, [...args, link?.url ?? url]);
  } catch (cause) {
    link?.close();
    throw new Error(`No browser could be opened here; open ${url}`, { cause });
  }
  return `Opened ${url.replace(/\?.*/, '')}`;
}

async function startDetached(command: string, args: readonly string[]): Promise<void> {
  const child = spawn(command, args, { stdio: 'ignore', detached: true });
  child.unref();
  await once(child, 'spawn');
}
