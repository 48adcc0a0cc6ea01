import { closeSync } from 'node:fs';
import { isatty } from 'node:tty';

/**
 * Keeps the exit code of a process whose terminal was closed. Node before 24 restores the modes of its terminals at
 * exit and aborts if that fails; it skips closed descriptors, so close them first.
 *
 * Source: https://github.com/nodejs/node/pull/58200
 */
export function outliveTerminal(): void {
  const terminals = [0, 1, 2].filter((fd) => isatty(fd));
  process.on('exit', () => {
    for (const fd of terminals) if (!isatty(fd)) close(fd);
  });
}

function close(fd: number): void {
  try {
    closeSync(fd);
  } catch {
    // It was closed already.
  }
}
