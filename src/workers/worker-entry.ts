import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { InvalidStateError } from '../errors.js';

/**
 * The file that a worker thread starts from: `relativePath` seen from the module `moduleUrl` (its `import.meta.url`).
 * Node 20 cannot start a worker from TypeScript, so a module that runs from `src` (under Jest) gets the built file under
 * `dist`: tests take the path that users take. Throws an InvalidStateError if that was not built.
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
