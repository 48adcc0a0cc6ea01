import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { InvalidStateError } from '../core/errors.js';

/**
 * The entry file of a worker thread: `relativePath` resolved against `moduleUrl` (an `import.meta.url`). Node 20 cannot
 * start a worker from TypeScript, so a module under `src` (as in Jest) gets the built file under `dist`. Throws an
 * InvalidStateError if that file does not exist.
 */
export function workerEntry(moduleUrl: string, relativePath: string): URL {
  const entry = new URL(relativePath, moduleUrl);
  if (!new URL(moduleUrl).pathname.endsWith('.ts')) return entry;
  const built = new URL(entry.href.replace(/\/src\/(?!.*\/src\/)/, '/dist/'));
  if (!existsSync(fileURLToPath(built)))
    throw new InvalidStateError(
      `The worker ${built.pathname} does not exist yet: run "npm run build" first.`,
    );
  return built;
}
