/** The command line: runs it, and ends the process with its exit code. */
import { readFileSync } from 'node:fs';
import { CommanderError } from 'commander';
import { exitCodes, runUntilSignal } from './exit.js';
import { buildProgram } from './program.js';
import { exitOnceWritten, tolerateClosedPipes } from './terminal.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

tolerateClosedPipes();
try {
  await buildProgram(version, async (command) => {
    const { code, stopped } = await runUntilSignal(command);
    // A command that ended by itself has nothing left to do, so that the process ends with it; whoever stopped one does
    // not wait for what it had begun.
    if (stopped) exitOnceWritten(code);
    else process.exitCode = code;
  }).parseAsync();
} catch (thrown) {
  if (!(thrown instanceof CommanderError)) throw thrown;
  // Commander has printed what it has to say; its own errors are all bad usage.
  process.exitCode = thrown.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
}
