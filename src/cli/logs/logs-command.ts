import { InvalidArgumentError, Option, type Command } from 'commander';
import type { LogsOptions } from './logs.js';
import type { RunCommand } from '../run-command.js';

/** `hzrelay logs`: its options and its help. */
export function addLogs(program: Command, run: RunCommand): void {
  program
    .command('logs')
    .description('Show the events of a running relay as they happen.')
    .option('--url <url>', 'the relay to watch (default: the one on this machine)')
    .option('--session <id>', 'only the events of one session')
    .option('--type <list>', "only events of these types: 'llm.*,turn.end'")
    .addOption(
      new Option('--level <level>', 'the lowest level that is shown')
        .choices(['info', 'warn', 'error'] satisfies LogsOptions['level'][])
        .default('info'),
    )
    .addOption(
      new Option('--tail <n>', 'show this many past events first, at most 1000')
        .argParser(pastEvents)
        .default(0),
    )
    .option('--json', 'print only events on stdout, as NDJSON')
    .option('-v, --verbose', 'also print partials, tokens and raw speech edges')
    .addHelpText(
      'after',
      `
Reconnects when the relay goes away and comes back. Each line begins with its
session, unless --session is given. --json prints every event, as --verbose
does; --type also shows the details of the types it names.

Environment:
  HZRELAY_TOKEN       the token of a relay that the internet can reach: hzrelay
                      dev prints it
  HZRELAY_PORT        the port of the relay on this machine (default: 8787, else
                      that of the only hzrelay dev of this user)

Examples:
  hzrelay logs
  hzrelay logs --tail 50 --level warn
  hzrelay logs --session a3f9b2c1 --type 'transcript.*,llm.response'
  HZRELAY_TOKEN=… hzrelay logs --url https://example.ngrok.app
  hzrelay logs --json | jq 'select(.type == "turn.end").latency'

Ctrl-C stops. Exit codes: 1 no relay answers or the token is wrong; 2 bad usage.
`,
    )
    .action((options: LogsOptions) =>
      run(async (signal) => (await import('./logs.js')).logs(options, signal)),
    );
}

function pastEvents(text: string): number {
  if (/^\d{1,4}$/.test(text) && Number(text) <= 1000) return Number(text);
  throw new InvalidArgumentError('Give a number of events, 0 to 1000.');
}
