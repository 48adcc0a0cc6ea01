/** What can be typed. Commands are imported when they run, so that `--version` and `--help` answer at once. */
import { Command, Option } from 'commander';
import { addCall } from './commands/call.js';
import { addDev } from './commands/dev.js';
import { addDoctor } from './commands/doctor.js';
import { addInit } from './commands/init.js';
import { addLogs } from './commands/logs.js';
import { addReplay } from './commands/replay.js';
import type { RunCommand } from './commands/run-command.js';

/** The command line as a commander program; `parseAsync()` of it throws commander's errors instead of exiting. */
export function buildProgram(version: string, run: RunCommand): Command {
  const program = new Command('hzrelay')
    .description('One session model for phone and browser voice.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help for a command')
    .showHelpAfterError('Show what there is with: hzrelay --help')
    .exitOverride()
    .addHelpText(
      'after',
      `
Examples:
  hzrelay init                         write a starter for your own agent
  hzrelay dev                          answer calls on this machine
  hzrelay call +15551234567            have Twilio call a phone, and talk to it
  hzrelay call --simulate              the same without an account or a phone
  hzrelay replay caller.wav            be the caller: play a recording into it
  hzrelay logs                         watch a relay that runs elsewhere
  hzrelay doctor                       does everything here work, keys included?
  hzrelay replay --help                all there is about a command
`,
    );
  addInit(program, run);
  addDev(program, version, run);
  addCall(program, run);
  addReplay(program, run);
  addLogs(program, run);
  addDoctor(program, run);
  for (const command of program.commands) {
    command.showHelpAfterError(`Show its options with: hzrelay ${command.name()} --help`);
    command.addOption(new Option('--no-color', 'no colours; so do NO_COLOR=1 and TERM=dumb'));
    command.hook('preAction', () => {
      if (command.getOptionValue('color') === false) process.env.NO_COLOR = '1';
    });
  }
  return program;
}
