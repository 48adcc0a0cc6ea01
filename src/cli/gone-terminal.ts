import { closeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { signalExitCodes } from './exit.js';

/**
 * Keeps the exit code of a process whose terminal was closed. Node before 24 restores the modes of its terminals at
 * exit and aborts if that fails; it skips closed descriptors, so close them first. After SIGHUP close them in any case:
 * where another process holds the other end, the terminal may go between this look and Node's.
 *
 * Source: https://github.com/nodejs/node/pull/58200
 */
export function outliveTerminal(): void {
  const terminals = [0, 1, 2].filter((fd) => isatty(fd));
  process.on('exit', (code) => {
    const isHangup = code === signalExitCodes.SIGHUP;
    for (const fd of terminals) if (isHangup || !isatty(fd)) close(fd);
  });
}

function close(fd: number): void {
  try {
    closeSync(fd);
  } catch {
    // It was closed already.
  }
}
