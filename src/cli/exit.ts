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
  if (isSystemError(thrown)) {
    note(`error: ${thrown.message}`);
    return exitCodes.failed;
  }
  note(`error: something unexpected happened; please report it with what follows.`);
  note(thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown));
  return exitCodes.failed;
}

/** Whether the operating system refused something: its message says what, and a stack would not add to it. */
function isSystemError(thrown: unknown): thrown is NodeJS.ErrnoException {
  return thrown instanceof Error && 'syscall' in thrown && 'code' in thrown;
}

/** The exit code of a process that a signal ended: 128 and its number. */
const signalExitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

type EndingSignal = keyof typeof signalExitCodes;

export interface CommandEnd {
  readonly code: number;
  /** Whether a signal ended the command: then nothing that still runs is waited for. */
  readonly stopped: boolean;
}

/**
 * Runs a command until it ends or a signal comes. The first signal aborts it, so that it can end its calls politely; the
 * second ends the process at once.
 */
export async function runUntilSignal(command: (signal: AbortSignal) => Promise<number>): Promise<CommandEnd> {
  const abort = new AbortController();
  const received: EndingSignal[] = [];
  const onSignal = (name: EndingSignal): void => {
    if (received.length > 0) process.exit(signalExitCodes[name]);
    received.push(name);
    // The terminal has written ^C; what follows begins on a line of its own.
    if (name === 'SIGINT' && process.stderr.isTTY) note('');
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
  return ended ? { code: signalExitCodes[ended], stopped: true } : { code, stopped: false };
}

/** Resolves or rejects as `promise` does, but with the signal's reason as soon as that aborts. */
export async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
