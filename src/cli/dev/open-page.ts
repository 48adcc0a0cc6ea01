import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** What opens an address on this kind of machine. */
const openers: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
};

/** Opens the page in the user's browser. Rejects with an error that shows the address where there is none. */
export async function openPage(url: string): Promise<string> {
  const [command, ...args] = openers[process.platform] ?? ['xdg-open'];
  const child = spawn(command, [...args, url], { stdio: 'ignore', detached: true });
  child.unref();
  try {
    await once(child, 'spawn');
  } catch (cause) {
    throw new Error(`No browser could be opened here; open ${url}`, { cause });
  }
  return `Opened ${url}`;
}
