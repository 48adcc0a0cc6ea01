/** The command line. Commands are imported when they run, so that `--version` and `--help` answer at once. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { DevOptions } from './dev.js';
import { exitCodes, runUntilSignal } from './exit.js';
import type { ReplayOptions } from './replay.js';
import { tolerateClosedPipes } from './terminal.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** Ends the process once its output is written; the workers of a relay that is closed do not keep it. */
async function finish(run: (signal: AbortSignal) => Promise<number>): Promise<void> {
  process.exitCode = await runUntilSignal(run);
}

function buildProgram(): Command {
  const program = new Command('hzrelay')
    .description('One session model for phone and browser voice.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help for a command')
    .configureHelp({ showGlobalOptions: false })
    .exitOverride()
    .addHelpText('after', '\nExamples:\n  hzrelay dev\n  hzrelay replay caller.wav -o reply.wav\n');

  program
    .command('dev')
    .description('Run the relay here: it answers calls with the appointment desk and logs every event.')
    .addOption(portOption())
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--public-url <url>', 'where the outside reaches this relay: a tunnel or proxy, https, no path')
    .option('--json', 'print events as NDJSON')
    .option('--plain', 'print one line per event (the default)')
    .option('-v, --verbose', 'also print partials, tokens and raw speech edges')
    .addHelpText(
      'after',
      `
Environment:
  TWILIO_AUTH_TOKEN   checks that phone calls come from Twilio; required with --public-url
  HZRELAY_PORT        the default of --port

Examples:
  hzrelay dev                                         answer calls on this machine
  hzrelay dev --public-url https://example.ngrok.app  answer Twilio through a tunnel
  hzrelay dev --json | jq 'select(.type == "turn.end").latency'
`,
    )
    .action((options: DevOptions) =>
      finish(async (signal) => (await import('./dev.js')).dev({ ...options, version }, signal)),
    );

  program
    .command('replay')
    .description('Play recordings into a relay as one phone call and show what it made of them.')
    .argument(
      '<file...>',
      'recordings, consecutive turns of one call: WAV of any kind, raw mu-law (.ulaw), a directory or a glob',
    )
    .option('--url <url>', 'call this relay instead of one of our own')
    .addOption(
      new Option('--barge-in <ms>', 'talk over the agent, this long after it begins').argParser(milliseconds),
    )
    .option('-o, --output <file>', 'write both sides to a stereo WAV: caller left, agent right')
    .option('--json', 'print the events as NDJSON, nothing else')
    .option('--expect <file>', 'compare with the events of an earlier --json run; exit 1 where they differ')
    .option('-q, --quiet', 'print only the table')
    .option('-v, --verbose', 'also print partials, tokens and raw speech edges')
    .addHelpText(
      'after',
      `
Environment:
  TWILIO_AUTH_TOKEN   signs the call as Twilio would
  HZRELAY_TOKEN       opens the events of a relay that is reachable from outside

Examples:
  hzrelay replay book.wav friday.wav            two turns of one call
  hzrelay replay 'calls/*.wav' -o reply.wav     listen to the answers
  hzrelay replay greeting.wav --barge-in 500    talk over the agent
  hzrelay replay book.wav --json > golden.ndjson
  hzrelay replay book.wav --expect golden.ndjson
`,
    )
    .action((files: string[], options: ReplayOptions) =>
      finish(async (signal) => (await import('./replay.js')).replay(files, options, signal)),
    );

  return program;
}

function portOption(): Option {
  return new Option('-p, --port <port>', 'port to listen on (default: HZRELAY_PORT or 8787)').argParser(
    (text) => {
      const port = Number(text);
      if (/^\d+$/.test(text) && port <= 65_535) return port;
      throw new InvalidArgumentError('Give a port, 0 to 65535 (0 takes any free one).');
    },
  );
}

function milliseconds(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Give milliseconds, a whole number.');
}

tolerateClosedPipes();
try {
  await buildProgram().parseAsync();
} catch (thrown) {
  if (!(thrown instanceof CommanderError)) throw thrown;
  // Commander has printed what it has to say; its own errors are all bad usage.
  process.exitCode = thrown.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
}
