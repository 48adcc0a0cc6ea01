import { InvalidArgumentError, Option, type Command } from 'commander';
import type { DevOptions } from '../dev/dev-options.js';
import type { RunCommand } from './run-command.js';

/** `hzrelay dev`: its options and its help. */
export function addDev(program: Command, version: string, run: RunCommand): void {
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
      run(async (signal) => (await import('../dev.js')).dev(agentFile, { ...options, version }, signal)),
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
