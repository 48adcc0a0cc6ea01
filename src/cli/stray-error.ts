/** Errors that no code handles: whether they come from the user's code, and where. */
import { messageOf } from '../core/errors.js';

/** The folder of this package. */
const own = new URL('../../', import.meta.url).pathname;
const position = /(?:^at (?:async )?|\()(?:file:\/\/)?(\/[^\s()]+|[A-Za-z]:[\\/][^\s()]+):(\d+):\d+\)?$/;

/**
 * One line about an error that the user's code left unhandled, for example because a tool does not await a promise; null if the
 * error comes from this package or from an unknown place.
 */
export function strayErrorLine(thrown: unknown): string | null {
  const place = placeOf(thrown);
  if (place === null) return null;
  return `unhandled error in ${place}: ${messageOf(thrown)}. The calls go on. Handle it there: await the promise, or catch the error.`;
}

/** File and line of the first frame that is neither of Node nor of a dependency; null if that is this package, or none. */
function placeOf(thrown: unknown): string | null {
  if (!(thrown instanceof Error)) return null;
  for (const line of thrown.stack?.split('\n') ?? []) {
    const [, path, number] = position.exec(line.trim()) ?? [];
    if (path === undefined) continue;
    if (path.startsWith(own)) return null;
    if (!/[\\/]node_modules[\\/]/.test(path)) return `${path}:${number}`;
  }
  return null;
}
