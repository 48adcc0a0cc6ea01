import { createInterface } from 'node:readline/promises';
import type { Readable, Writable } from 'node:stream';

/** Prints the question and reads the answer. */
export interface Terminal {
  readonly input: Readable;
  readonly output: Writable;
}

/**
 * Asks a yes/no question. Only y or yes means yes; anything else, and the end of the input, means no. Rejects with the
 * signal's reason when the signal aborts.
 */
export async function confirm(
  question: string,
  { input, output }: Terminal,
  signal: AbortSignal,
): Promise<boolean> {
  // Not as a terminal: readline would consume Ctrl-C.
  const lines = createInterface({ input, output, terminal: false });
  const ended = new Promise<string>((resolve) => {
    lines.once('close', () => resolve(''));
    // The terminal was closed.
    lines.on('error', () => resolve(''));
  });
  try {
    const answer = await Promise.race([lines.question(`${question} [y/N] `, { signal }), ended]);
    return /^\s*y(?:es)?\s*$/i.test(answer);
  } catch (thrown) {
    signal.throwIfAborted();
    throw thrown;
  } finally {
    lines.close();
  }
}
