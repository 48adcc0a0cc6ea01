import { InvalidArgumentError, Option, type Command } from 'commander';
import type { DevOptions } from './dev-options.js';
import type { RunCommand } from '../run-command.js';
import type { VendorHelp } from '../vendor-help.js';

/** `hzrelay dev`: its options and its help. */
export function addDev(program: Command, version: string, run: RunCommand, vendors: VendorHelp | null): void {
  program
    .command('dev')
    .description('Run your agent here: take phone and browser calls, and show everything that happens.')
    .argument(
      '[agent-file]',
      'your agent, TypeScript or JavaScript (default: hzrelay.config.ts, else a desk)',
    )
    .addOption(
      new Option('-p, --port <port>', 'port to listen on (default: HZRELAY_PORT or 8787)').argParser(port),
    )
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--public-url <url>', "this relay's public https address: a tunnel or proxy")
    .addOption(
      new Option(
        '--allow-origin <origin>',
        'a page of yours that may use this relay, like http://localhost:5173; may be repeated',
      ).argParser((origin: string, others: readonly string[] | undefined) => [...(others ?? []), origin]),
    )
    .option('--domain <name>', 'your domain at ngrok, for the tunnel (default: NGROK_DOMAIN, else any)')
    .option('--no-webhook', 'leave the Twilio number as it is')
    .option('--no-speculation', 'begin no answer before the turn is certain, whatever the agent says')
    .option('--record <folder>', 'write each session to its own folder in there: audio, events, metrics')
    .option('--webrtc-bind <address>', 'the one local address that browsers are served at (UDP)')
    .option('--webrtc-address <address>', 'the public address that stands for this machine, as in a cloud')
    .addOption(
      new Option('--webrtc-ports <low-high>', 'UDP ports for browsers, one per call').argParser(portRange),
    )
    .option('--ice-server <url...>', 'STUN or TURN servers: stun:host[:port], turn:host[:port]')
    .option('--plain', 'print one line per event instead of the dashboard (default without a terminal)')
    .option('--json', 'print only events on stdout, as NDJSON')
    .option('-v, --verbose', 'also print partials, tokens and raw speech edges')
    .option('--log <file>', 'append every line of the log to a file as well')
    .addHelpText(
      'after',
      `
With NGROK_AUTHTOKEN it opens a tunnel. With a Twilio account and number, it
takes the number's calls while it runs and restores the number afterwards, also
after a crash. From the internet it accepts only Twilio's signed requests and
requests with the token of the printed link.

In the dashboard ? shows the keys; t and w place simulated calls.

Environment:
  ${vendors?.keyVariables}
                      keys for providers; without the key of a default provider
                      the embedded one is used
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

q, Ctrl-C, SIGTERM or closing the terminal ends the calls and stops. A second
Ctrl-C stops without waiting for calls, but still restores the number. Ctrl-Z
suspends the relay and the dashboard; fg resumes them.

Exit codes: 0 quit; 1 the relay could not start; 2 bad usage or config; 129,
130, 143 stopped by closing the terminal, Ctrl-C, SIGTERM.
`,
    )
    .action((agentFile: string | undefined, options: DevOptions) =>
      run(async (signal) => (await import('./dev.js')).dev(agentFile, { ...options, version }, signal)),
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
