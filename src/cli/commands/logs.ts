import { InvalidArgumentError, Option, type Command } from 'commander';
import type { LogsOptions } from '../logs.js';
import type { RunCommand } from './run-command.js';

/** `hzrelay logs`: its options and its help. */
export function addLogs(program: Command, run: RunCommand): void {
  program
    .command('logs')
    .description('Show the events of a relay that runs elsewhere, as they happen.')
    .option('--url <url>', 'the relay to watch (default: the one on this machine)')
    .option('--session <id>', 'the events of one session alone')
    .option('--type <list>', "only events of these types: 'llm.*,turn.end'")
    .addOption(
      new Option('--level <level>', 'the least that is shown')
        .choices(['info', 'warn', 'error'] satisfies LogsOptions['level'][])
        .default('info'),
    )
    .addOption(
      new Option('--tail <n>', 'past events to begin with, 1000 at most').argParser(pastEvents).default(0),
    )
    .option('--json', 'print events as NDJSON on stdout, nothing else there')
    .option('-v, --verbose', 'also print partials, tokens and raw speech edges')
    .addHelpText(
      'after',
      `
It stays when the relay goes away and goes on when it is back. Each line begins
with its session, unless --session names one. --json prints every event, as
--verbose does; --type shows what it names, details or not.

Environment:
  HZRELAY_TOKEN       opens a relay that is reachable from outside: hzrelay dev
                      prints it
  HZRELAY_PORT        where the relay on this machine is looked for (8787)

Examples:
  hzrelay logs
  hzrelay logs --tail 50 --level warn
  hzrelay logs --session a3f9b2c1 --type 'transcript.*,llm.response'
  HZRELAY_TOKEN=… hzrelay logs --url https://example.ngrok.app
  hzrelay logs --json | jq 'select(.type == "turn.end").latency'

Ctrl-C stops. Exit codes: 1 no relay answers, or it wants another token; 2 bad
usage.
`,
    )
    .action((options: LogsOptions) =>
      run(async (signal) => (await import('../logs.js')).logs(options, signal)),
    );
}

function pastEvents(text: string): number {
  if (/^\d{1,4}$/.test(text) && Number(text) <= 1000) return Number(text);
  throw new InvalidArgumentError('Give a number of events, 0 to 1000.');
}
