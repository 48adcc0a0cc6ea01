/** The commands. Each is imported only when it runs, so that `--version` and `--help` answer at once. */
import { Command, Option } from 'commander';
import { addCall } from './call/call-command.js';
import { addDev } from './dev/dev-command.js';
import { addDoctor } from './doctor/doctor-command.js';
import { addInit } from './init/init-command.js';
import { addLogs } from './logs/logs-command.js';
import { addReplay } from './replay/replay-command.js';
import type { RunCommand } from './run-command.js';
import type { VendorHelp } from './vendor-help.js';

/**
 * The command line as a commander program. Its `parseAsync()` throws commander's errors instead of exiting. Help texts
 * need `vendors`.
 */
export function buildProgram(version: string, run: RunCommand, vendors: VendorHelp | null): Command {
  const program = new Command('hzrelay')
    .description('One session model for phone and browser voice.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help for a command')
    .showHelpAfterError('See all commands with: hzrelay --help')
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
  hzrelay logs                         watch the events of a running relay
  hzrelay doctor                       check this machine and your keys
  hzrelay replay --help                show all options of a command
`,
    );
  addInit(program, run);
  addDev(program, version, run, vendors);
  addCall(program, run);
  addReplay(program, run);
  addLogs(program, run);
  addDoctor(program, run, vendors);
  for (const command of program.commands) {
    command.showHelpAfterError(`See its options with: hzrelay ${command.name()} --help`);
    command.addOption(new Option('--no-color', 'no colours; so do NO_COLOR=1 and TERM=dumb'));
    command.hook('preAction', () => {
      if (command.getOptionValue('color') === false) process.env.NO_COLOR = '1';
    });
  }
  return program;
}
