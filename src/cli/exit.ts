/** Exit codes, and how errors and signals end a command. */
import { systemClock, within, type Clock } from '../core/clock.js';
import { AudioFileError, ConfigError, HzRelayError } from '../core/errors.js';
import { outsideEffects, type OutsideEffects } from './outside-effects.js';
import { AgentSlips } from './agent-slips.js';
import { note } from './terminal.js';

export const exitCodes = { ok: 0, failed: 1, usage: 2 } as const;

/** An invalid command line: exit code 2. */
export class UsageError extends HzRelayError {}

/** Prints an error, with its stack only if it is unexpected, and returns the exit code. */
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
  note('error: unexpected error; please report it with the details below.');
  note(thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown));
  return exitCodes.failed;
}

/** Whether the operating system refused a request. The message says which; a stack would add nothing. */
function isSystemError(thrown: unknown): thrown is NodeJS.ErrnoException {
  return thrown instanceof Error && 'syscall' in thrown && 'code' in thrown;
}

/** The exit code of a process that a signal ended: 128 plus the signal's number. */
export const signalExitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129, SIGQUIT: 131 } as const;

type EndingSignal = keyof typeof signalExitCodes;

export interface CommandEnd {
  readonly code: number;
  /** Whether a signal or the end of its reader stopped it: then the process exits without waiting for pending work. */
  readonly stopped: boolean;
}

export interface RunOptions {
  /** @default those of this process */
  readonly effects?: OutsideEffects;
  /** Aborts when the reader of the command's output is gone. @default never */
  readonly readerGone?: AbortSignal;
  /** @default the machine's */
  readonly clock?: Clock;
}

/**
 * One Ctrl-C can arrive twice: from the terminal, which signals every process, and from npx, which forwards its own.
 */
const samePressMs = 250;
/** How long undoing may delay a forced exit. Longer than a request to Twilio usually takes. */
const undoWithinMs = 5000;

/**
 * Runs a command until it ends or has to stop. The first signal aborts it, so that it ends its calls politely; so does the
 * end of its reader, with exit code 0. A second Ctrl-C exits without waiting for calls, but first undoes the command's
 * outside effects, for at most five seconds; a third exits at once. A closed terminal may send SIGHUP several times:
 * repeated ones are ignored. An uncaught error of this package exits like a second Ctrl-C; for those of the user's code, see
 * {@link AgentSlips}.
 */
export async function runUntilSignal(
  command: (signal: AbortSignal) => Promise<number>,
  { effects = outsideEffects, readerGone, clock = systemClock }: RunOptions = {},
): Promise<CommandEnd> {
  const abort = new AbortController();
  const received: EndingSignal[] = [];
  let lastMs = -Infinity;
  let leaving = false;
  const slips = new AgentSlips(reportError);
  const leave = async (code: number): Promise<void> => {
    slips.stopWatching();
    if (leaving || !effects.some) process.exit(code);
    leaving = true;
    note('Undoing changes outside this process; press Ctrl-C again to stop without undoing them.');
    await within(
      clock,
      undoWithinMs,
      effects.undoAll((message) => note(`error: ${message}`)),
    );
    for (const left of effects.left) note(`error: ${left}`);
    process.exit(code);
  };
  const onSignal = (name: EndingSignal): void => {
    const nowMs = clock.nowMs();
    const isSamePress = name === received.at(-1) && nowMs - lastMs < samePressMs;
    const isFirst = received.length === 0;
    if (!isFirst && (name === 'SIGHUP' || isSamePress)) return;
    received.push(name);
    lastMs = nowMs;
    abort.abort(new HzRelayError(`Stopped by ${name}.`));
    if (!isFirst || name === 'SIGQUIT') void leave(signalExitCodes[name]);
    // The terminal has printed ^C: start a new line.
    else if (name === 'SIGINT' && process.stderr.isTTY) note('');
  };
  const onCrash = (thrown: unknown): void => {
    if (slips.report(thrown)) return;
    reportError(thrown);
    void leave(exitCodes.failed);
  };
  const onReaderGone = (): void => abort.abort(new HzRelayError('The reader of the output is gone.'));
  const signals = Object.keys(signalExitCodes) as EndingSignal[];
  for (const name of signals) process.on(name, onSignal);
  process.on('uncaughtException', onCrash);
  slips.watch();
  readerGone?.addEventListener('abort', onReaderGone);
  if (readerGone?.aborted) onReaderGone();
  let code: number;
  try {
    code = await command(abort.signal);
  } catch (thrown) {
    code = abort.signal.aborted ? exitCodes.failed : reportError(thrown);
  } finally {
    for (const name of signals) process.off(name, onSignal);
    process.off('uncaughtException', onCrash);
    slips.stopWatching();
    readerGone?.removeEventListener('abort', onReaderGone);
  }
  // A command may end while a second signal is still undoing: the exit code must be the same either way.
  const ended = received.at(-1);
  if (ended) return { code: signalExitCodes[ended], stopped: true };
  if (readerGone?.aborted) return { code: exitCodes.ok, stopped: true };
  return { code: code === exitCodes.ok && slips.some ? exitCodes.failed : code, stopped: false };
}

/** Settles like `promise`, but rejects with the signal's reason as soon as the signal aborts. */
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
