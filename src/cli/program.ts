/** What can be typed. Commands are imported when they run, so that `--version` and `--help` answer at once. */
import { Command, InvalidArgumentError, Option } from 'commander';
import type { DevOptions } from './dev.js';
import type { ReplayOptions } from './replay.js';

/** Runs a command and takes care of its exit code. */
export type RunCommand = (command: (signal: AbortSignal) => Promise<number>) => Promise<void>;

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
  hzrelay dev                          answer calls on this machine
  hzrelay replay caller.wav            be the caller: play a recording into it
  hzrelay replay --help                all there is about a command
`,
    );
  addDev(program, version, run);
  addReplay(program, run);
  for (const command of program.commands) {
    command.showHelpAfterError(`Show its options with: hzrelay ${command.name()} --help`);
    command.addOption(new Option('--no-color', 'no colours; so do NO_COLOR=1 and TERM=dumb'));
    command.hook('preAction', () => {
      if (command.getOptionValue('color') === false) process.env.NO_COLOR = '1';
    });
  }
  return program;
}

function addDev(program: Command, version: string, run: RunCommand): void {
  program
    .command('dev')
    .description(
      'Run the relay here: phone calls and its web page reach the appointment desk, every event is logged.',
    )
    .addOption(
      new Option('-p, --port <port>', 'port to listen on (default: HZRELAY_PORT or 8787)').argParser(port),
    )
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--public-url <url>', 'where the outside reaches this relay: a tunnel or proxy, https, no path')
    .option('--webrtc-bind <address>', 'the one local address that browsers are served at (UDP)')
    .option('--webrtc-address <address>', 'the public address that stands for this machine, as in a cloud')
    .addOption(
      new Option('--webrtc-ports <low-high>', 'UDP ports for browsers, one per call').argParser(portRange),
    )
    .option('--ice-server <url...>', 'STUN or TURN servers: stun:host[:port], turn:host[:port]')
    .option('--json', 'print events as NDJSON on stdout, nothing else there')
    .option('--plain', 'print one line per event (the default)')
    .option('-v, --verbose', 'also print partials, tokens and raw speech edges')
    .addHelpText(
      'after',
      `
Environment:
  TWILIO_AUTH_TOKEN   checks that calls come from Twilio; with --public-url none
                      are let in without it
  HZRELAY_PORT        the default of --port
  HZRELAY_TURN_USERNAME, HZRELAY_TURN_CREDENTIAL
                      for the TURN servers of --ice-server

Examples:
  hzrelay dev
  hzrelay dev --host 0.0.0.0 --webrtc-address 203.0.113.7
  hzrelay dev --public-url https://example.ngrok.app
  hzrelay dev --json | jq 'select(.type == "turn.end").latency'

Ctrl-C ends the calls and stops; a second one stops at once.
`,
    )
    .action((options: DevOptions) =>
      run(async (signal) => (await import('./dev.js')).dev({ ...options, version }, signal)),
    );
}

function addReplay(program: Command, run: RunCommand): void {
  program
    .command('replay')
    .description(
      'Play recordings into a relay as one call, by phone or from a browser, and show what it made of them.',
    )
    .argument(
      '<file...>',
      'recordings, consecutive turns of one call: WAV of any kind, raw mu-law (.ulaw), a directory or a glob',
    )
    .addOption(
      new Option('--via <transport>', 'how to call: by phone, from a browser, or both in turn and compare')
        .choices(['twilio', 'webrtc', 'both'] satisfies ReplayOptions['via'][])
        .default('twilio'),
    )
    .option('--url <url>', 'call this relay instead of one of our own')
    .addOption(
      new Option('--barge-in <ms>', 'talk over the agent, this long after it begins').argParser(milliseconds),
    )
    .option('-o, --output <file>', 'write both sides to a stereo WAV: caller left, agent right')
    .option('--json', 'print the events as NDJSON on stdout, nothing else there')
    .option('--expect <file>', 'compare with the events of an earlier --json run; exit 1 where they differ')
    .option('-q, --quiet', 'print no events, only the table')
    .option('-v, --verbose', 'also print partials, tokens and raw speech edges')
    .addHelpText(
      'after',
      `
With --via both the relay gets the same recordings twice, by phone first and
then from a browser. What happened in each stands side by side at the end, with
the latency of every answer; differences are marked and make it fail. --json
prints the events of one call after the other: session.start has the transport,
every event its sessionId. -o reply.wav writes reply.twilio.wav and
reply.webrtc.wav. --expect compares each call with the golden log, which holds
for either transport.

Environment:
  TWILIO_AUTH_TOKEN   signs a phone call as Twilio would
  HZRELAY_TOKEN       opens a relay that is reachable from outside: its events,
                      and its route for browsers

Examples:
  hzrelay replay book.wav friday.wav             two turns of one call
  hzrelay replay 'calls/*.wav' -o reply.wav      listen to the answers
  hzrelay replay stop.wav --barge-in 500         talk over the greeting
  hzrelay replay book.wav --via webrtc           call as a browser does
  hzrelay replay book.wav --via both             does it go alike over both?
  hzrelay replay book.wav --json > golden.ndjson
  hzrelay replay book.wav --expect golden.ndjson

Exit codes: 0 all was said, as expected and alike; 1 it was not; 2 bad usage or
files.
`,
    )
    .action((files: string[], options: ReplayOptions) =>
      run(async (signal) => (await import('./replay.js')).replay(files, options, signal)),
    );
}

function port(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= 65_535) return number;
  throw new InvalidArgumentError('Give a port, 0 to 65535 (0 takes any free one).');
}

function portRange(text: string): readonly [number, number] {
  const [low, high] = /^(\d{1,5})-(\d{1,5})$/.exec(text)?.slice(1).map(Number) ?? [];
  if (low !== undefined && high !== undefined && low > 0 && low <= high && high <= 65_535) return [low, high];
  throw new InvalidArgumentError('Give the lowest and the highest port, for example 40000-40100.');
}

function milliseconds(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Give milliseconds, a whole number.');
}
