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

type EndingSignal = keyof typeof signalExitCodes;

/**
 * Runs a command until it ends or a signal comes. The first signal aborts it, so that it can end its calls politely; the
 * second ends the process at once. Resolves with the exit code.
 */
export async function runUntilSignal(command: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const abort = new AbortController();
  const received: EndingSignal[] = [];
  const onSignal = (name: EndingSignal): void => {
    if (received.length > 0) process.exit(signalExitCodes[name]);
    received.push(name);
    abort.abort(new HzRelayError(`Stopped by ${name}.`));
  };
  const signals = Object.keys(signalExitCodes) as EndingSignal[];
  for (const name of signals) process.on(name, onSignal);
  let code: number;
  try {
    code = await command(abort.signal);
  } catch (thrown) {
    code = abort.signal.aborted ? exitCodes.failed : reportError(thrown);
  } finally {
    for (const name of signals) process.off(name, onSignal);
  }
  const [ended] = received;
  return ended ? signalExitCodes[ended] : code;
}
