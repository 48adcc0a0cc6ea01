/** Exit codes, and what becomes of errors and signals. */
import { AudioFileError, ConfigError, HzRelayError } from '../errors.js';
import { note } from './terminal.js';

export const exitCodes = { ok: 0, failed: 1, usage: 2 } as const;

/** A command line that cannot be carried out: exit code 2. */
export class UsageError extends HzRelayError {}

/** Prints an error as a person needs it and returns the exit code. */
export function reportError(thrown: unknown): number {
  if (thrown instanceof HzRelayError) {
    note(`error: ${thrown.message}`);
    const usage = [UsageError, ConfigError, AudioFileError].some((kind) => thrown instanceof kind);
    return usage ? exitCodes.usage : exitCodes.failed;
  }
  note(`error: something unexpected happened; please report it with what follows.`);
  note(thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown));
  return exitCodes.failed;
}

/** The exit code of a process that a signal ended: 128 and its number. */
const signalExitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/**
 * Runs a command until it ends or a signal comes. The first signal aborts it, so that it can end its calls politely; the
 * second ends the process at once. Resolves with the exit code.
 */
export async function runUntilSignal(command: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const abort = new AbortController();
  let received: keyof typeof signalExitCodes | null = null;
  const handlers = (Object.keys(signalExitCodes) as (keyof typeof signalExitCodes)[]).map((name) => {
    const handler = (): void => {
      if (received) process.exit(signalExitCodes[received]);
      received = name;
      abort.abort(new HzRelayError(`Stopped by ${name}.`));
    };
    process.on(name, handler);
    return { name, handler };
  });
  try {
    const code = await command(abort.signal);
    return received ? signalExitCodes[received] : code;
  } catch (thrown) {
    if (received) return signalExitCodes[received];
    return reportError(thrown);
  } finally {
    for (const { name, handler } of handlers) process.off(name, handler);
  }
}
