/** What can be typed. Commands are imported when they run, so that `--version` and `--help` answer at once. */
import { Command, InvalidArgumentError, Option } from 'commander';
import type { CallOptions } from './call.js';
import type { DevOptions } from './dev/dev-options.js';
import type { InitOptions } from './init.js';
import type { DoctorOptions } from './doctor.js';
import type { LogsOptions } from './logs.js';
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

function addDev(program: Command, version: string, run: RunCommand): void {
  program
    .command('dev')
    .description(
      'Run your agent here: phone calls and its web page reach it, and everything that happens is shown.',
    )
    .argument(
      '[agent-file]',
      'your agent, TypeScript or JavaScript (default: hzrelay.config.ts, else a desk)',
    )
    .addOption(
      new Option('-p, --port <port>', 'port to listen on (default: HZRELAY_PORT or 8787)').argParser(port),
    )
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--public-url <url>', 'where the outside reaches this relay: a tunnel or proxy, https, no path')
    .option('--domain <name>', 'your domain at ngrok, for the tunnel (default: NGROK_DOMAIN, else any)')
    .option('--no-webhook', 'leave the Twilio number as it is')
    .option('--record <folder>', 'write each session to a folder of its own there: audio, events, metrics')
    .option('--webrtc-bind <address>', 'the one local address that browsers are served at (UDP)')
    .option('--webrtc-address <address>', 'the public address that stands for this machine, as in a cloud')
    .addOption(
      new Option('--webrtc-ports <low-high>', 'UDP ports for browsers, one per call').argParser(portRange),
    )
    .option('--ice-server <url...>', 'STUN or TURN servers: stun:host[:port], turn:host[:port]')
    .option('--plain', 'print one line per event instead of the dashboard, as where there is no terminal')
    .option('--json', 'print events as NDJSON on stdout, nothing else there')
    .option('-v, --verbose', 'also print partials, tokens and raw speech edges')
    .option('--log <file>', 'append every line of the log to a file as well')
    .addHelpText(
      'after',
      `
With NGROK_AUTHTOKEN a tunnel is opened. With a Twilio account and a number its
calls are sent here while this runs, and where they went before afterwards, also
after a crash. What the internet can reach is closed but for Twilio's signed
requests and whoever has the token of the printed link.

In the dashboard ? shows the keys; t and w place simulated calls.

Environment:
  DEEPGRAM_API_KEY, OPENAI_API_KEY, ELEVENLABS_API_KEY
                      providers that the agent does not name; without a key the
                      embedded ones
  NGROK_AUTHTOKEN     opens a tunnel
  TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_PHONE_NUMBER
                      the account and the number whose calls come here; the auth
                      token also checks that calls come from Twilio
  HZRELAY_PORT        the default of --port
  HZRELAY_TURN_USERNAME, HZRELAY_TURN_CREDENTIAL
                      for the TURN servers of --ice-server

Examples:
  hzrelay dev
  hzrelay dev my-agent.ts
  hzrelay dev --host 0.0.0.0 --webrtc-address 203.0.113.7
  hzrelay dev --public-url https://example.ngrok.app
  hzrelay dev --record calls             (ask people before you record them)
  hzrelay dev --json | jq 'select(.type == "turn.end").latency'

q or Ctrl-C ends the calls and stops; a second Ctrl-C stops at once.
`,
    )
    .action((agentFile: string | undefined, options: DevOptions) =>
      run(async (signal) => (await import('./dev.js')).dev(agentFile, { ...options, version }, signal)),
    );
}

function addInit(program: Command, run: RunCommand): void {
  program
    .command('init')
    .description('Write a commented starter for an agent of your own.')
    .argument('[file]', 'where to write it', 'hzrelay.config.ts')
    .option('-f, --force', 'overwrite what is there')
    .addHelpText(
      'after',
      `
Examples:
  hzrelay init                 then: hzrelay dev
  hzrelay init my-agent.ts     then: hzrelay dev my-agent.ts
`,
    )
    .action((file: string, options: InitOptions) =>
      run(async () => (await import('./init.js')).init(file, options)),
    );
}

function addCall(program: Command, run: RunCommand): void {
  program
    .command('call')
    .description('Place a test call: Twilio rings a real phone, or a simulated caller talks to the relay.')
    .argument('[target...]', 'the number to call, as +15551234567; with --simulate recordings to say')
    .option(
      '--simulate',
      'call without Twilio: a simulated phone says the recordings, or books an appointment',
    )
    .addOption(
      new Option(
        '--via <transport>',
        'with --simulate: by phone or from a browser (default: twilio)',
      ).choices(['twilio', 'webrtc'] satisfies NonNullable<CallOptions['via']>[]),
    )
    .option('--from <number>', 'who calls: a number of your Twilio account (default: TWILIO_PHONE_NUMBER)')
    .option('--say <text>', 'what the agent says first')
    .option(
      '--agent <file>',
      'the agent that answers (default: hzrelay.config.* here, else an appointment desk)',
    )
    .option('--record <file>', 'write both sides to a stereo WAV: the phone left, the agent right')
    .addOption(
      new Option('--max-duration <seconds>', 'hang up after this time (default: 600)').argParser(seconds),
    )
    .option('--url <url>', 'have this relay answer (default: the one on this machine, else one of our own)')
    .option('--public-url <url>', 'where the outside reaches a relay of our own: a tunnel or proxy, https')
    .option('--domain <name>', 'the ngrok domain for a tunnel of our own')
    .option('-y, --yes', 'call without asking')
    .option('--dry-run', 'check everything and print what would be done')
    .option('--json', 'print events and statuses as NDJSON on stdout, nothing else there')
    .option('-q, --quiet', 'print no events, only statuses and the table')
    .option('-v, --verbose', 'also print partials, tokens and raw speech edges')
    .addHelpText(
      'after',
      `
A running hzrelay dev that Twilio can reach answers the call; otherwise a relay
is started for it, behind a tunnel if NGROK_AUTHTOKEN is set. --say and --agent
always start one. Twilio bills real calls: they need a yes, or --yes where
nobody can be asked. Ctrl-C hangs up. --record has Twilio record the call;
its copy is deleted once it was fetched. Ask people before you record them.

--json prints the events of the session, and besides them
  {"type":"call.status","callSid":…,"status":"ringing"} for each status and
  {"type":"call.end","status":…,"durationS":…,"problems":[…]} last.

Environment:
  TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_PHONE_NUMBER
                      the account that calls, and its number; a simulated phone
                      signs with the token, too
  NGROK_AUTHTOKEN     opens a tunnel to a relay of our own
  HZRELAY_TOKEN       opens the events of a running relay: hzrelay dev prints it
  HZRELAY_PORT        where a running relay is looked for
  TWILIO_BASE_URL     another server than api.twilio.com

Examples:
  hzrelay call +15551234567
  hzrelay call +15551234567 --say 'Hello, this is a test.' --record call.wav
  hzrelay call +15551234567 --yes --json > call.ndjson
  hzrelay call --simulate
  hzrelay call --simulate book.wav friday.wav --via webrtc

Exit codes: 0 the call was answered and completed; 1 it was not, or something
failed; 2 bad usage or config.
`,
    )
    .action((targets: string[], options: CallOptions) =>
      run(async (signal) => (await import('./call.js')).call(targets, options, signal)),
    );
}

function addReplay(program: Command, run: RunCommand): void {
  program
    .command('replay')
    .description(
      'Play recordings into a relay as one call, by phone or from a browser, and show what it made of them.',
    )
    .usage('[options] <file...>')
    .argument(
      '[file...]',
      'recordings, consecutive turns of one call: WAV of any kind, raw mu-law (.ulaw), a directory or a glob; or the folder of a recorded session',
    )
    .addOption(
      new Option('--via <transport>', 'how to call: by phone, from a browser, or both in turn and compare')
        .choices(['twilio', 'webrtc', 'both'] satisfies ReplayOptions['via'][])
        .default('twilio'),
    )
    .option('--url <url>', 'call this relay instead of one of our own')
    .option('--agent <file>', 'who answers on our own (default: hzrelay.config.ts, else a desk)')
    .addOption(
      new Option('--barge-in <ms>', 'talk over the agent, this long after it begins').argParser(milliseconds),
    )
    .option('-o, --output <file>', 'write both sides to a stereo WAV: caller left, agent right')
    .option('--json', 'print the events as NDJSON on stdout, nothing else there')
    .option('--expect <file>', 'compare with the events of an earlier --json run; exit 1 where they differ')
    .option('--drill <name>', 'let a provider fail in the middle: a drill, stt, llm, tts, all, or list')
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

The folder of a session that hzrelay dev --record wrote is replayed as one call:
its caller says all again, each word when it was said.

--drill holds the call against simulated providers, Deepgram, OpenAI and
ElevenLabs on the real wire, and lets one of them fail: what failed, what the
caller heard, how soon all was well again, which words were lost or doubled. It
needs no key and waits for nothing: time is simulated too. --drill list has the
names; --json prints a line for each drill.

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
  hzrelay replay book.wav --drill all --via both does it survive?
  hzrelay replay book.wav --json > golden.ndjson
  hzrelay replay book.wav --expect golden.ndjson
  hzrelay replay calls/20260131-235959-a3f9b2c1  a session that was recorded

Exit codes: 0 all was said, as expected and alike; 1 it was not; 2 bad usage or
files.
`,
    )
    .action((files: string[], options: ReplayOptions, command: Command) => {
      if (files.length === 0 && options.drill !== 'list')
        command.error("error: missing required argument 'file'", { code: 'commander.missingArgument' });
      return run(async (signal) => (await import('./replay.js')).replay(files, options, signal));
    });
}

function addLogs(program: Command, run: RunCommand): void {
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
      run(async (signal) => (await import('./logs.js')).logs(options, signal)),
    );
}

function addDoctor(program: Command, run: RunCommand): void {
  program
    .command('doctor')
    .description('Check this machine and what is configured on it: does everything that a call needs work?')
    .option('--json', 'print one JSON object: { checks: [{ name, status, message, remedy }], ok }')
    .addHelpText(
      'after',
      `
It looks at Node, the codec, WebRTC over UDP, embedded speech, the port and the
microphone page. Deepgram, OpenAI, ElevenLabs, Twilio and ngrok are asked
whether they take the keys that are set, by requests that cost nothing; what is
not set is no problem. No key is ever printed.

Environment:
  DEEPGRAM_API_KEY, OPENAI_API_KEY, ELEVENLABS_API_KEY
  TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_PHONE_NUMBER
  NGROK_AUTHTOKEN, HZRELAY_PORT
  DEEPGRAM_BASE_URL, OPENAI_BASE_URL, ELEVENLABS_BASE_URL, TWILIO_BASE_URL
                      other regions and servers of your own

Examples:
  hzrelay doctor
  hzrelay doctor --json | jq '.checks[] | select(.status == "problem")'

Exit codes: 0 what is configured works; 1 something does not; 2 bad usage.
`,
    )
    .action((options: DoctorOptions) =>
      run(async (signal) => (await import('./doctor.js')).doctor(options, signal)),
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

function pastEvents(text: string): number {
  if (/^\d{1,4}$/.test(text) && Number(text) <= 1000) return Number(text);
  throw new InvalidArgumentError('Give a number of events, 0 to 1000.');
}

function milliseconds(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Give milliseconds, a whole number.');
}

function seconds(text: string): number {
  const [, digits = '', unit = 's'] = /^(\d{1,5})([sm]?)$/.exec(text) ?? [];
  const number = Number(digits) * (unit === 'm' ? 60 : 1);
  // Twilio ends a call after four hours at the latest.
  if (number >= 1 && number <= 14_400) return number;
  throw new InvalidArgumentError('Give seconds, 1 to 14400, or minutes as 5m.');
}
