/** The command line: runs it, and ends the process with its exit code. */
import { Console } from 'node:console';
import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers';
import { CommanderError } from 'commander';
import { systemClock, within } from '../core/clock.js';
import { exitCodes, runUntilSignal } from './exit.js';
import { outliveTerminal } from './gone-terminal.js';
import { buildProgram } from './program.js';
import type { RunCommand } from './run-command.js';
import { output } from './terminal.js';

/** How long the exit waits for a stalled terminal or reader. */
const writtenWithinMs = 1000;
/** How long the process waits for what the user's own code keeps open. */
const lingersMs = 2000;

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** Runs a command until it ends or is stopped, and sets the exit code. */
const run: RunCommand = async (command) => {
  const { code, stopped } = await runUntilSignal(command, { readerGone: output.readerGone });
  // A stopped command may leave work behind: exit without it.
  if (stopped) {
    await within(systemClock, writtenWithinMs, output.written());
    process.exit(code);
  }
  process.exitCode = code === exitCodes.ok && output.lostOutput ? exitCodes.failed : code;
  // A command that ended by itself leaves nothing running, but the user's agent file may: a pool of connections, a timer.
  void output.written().then(() => setTimeout(() => process.exit(), lingersMs).unref());
};

// The vendors' help is slow to load: load it only for help.
const isHelp = process.argv.some((word) => ['help', '--help', '-h'].includes(word));
const vendors = isHelp ? (await import('./vendor-help.js')).vendorHelp : null;

// What the agent's code prints must not stand between the lines of JSON.
if (process.argv.includes('--json')) globalThis.console = new Console(process.stderr, process.stderr);
outliveTerminal();
output.watch();
try {
  await buildProgram(version, run, vendors).parseAsync();
} catch (thrown) {
  if (!(thrown instanceof CommanderError)) throw thrown;
  // Commander has printed the message. All its errors are bad usage.
  process.exitCode = thrown.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
}
