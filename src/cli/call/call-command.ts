import { InvalidArgumentError, Option, type Command } from 'commander';
import type { CallOptions } from './call.js';
import { defaultTransport, transportTypes } from '../../transport/registry.js';
import type { RunCommand } from '../run-command.js';

/** `hzrelay call`: its options and its help. */
export function addCall(program: Command, run: RunCommand): void {
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
        `with --simulate: by phone or from a browser (default: ${defaultTransport})`,
      ).choices(transportTypes),
    )
    .option(
      '--from <number>',
      'number to call from, one of your Twilio account (default: TWILIO_PHONE_NUMBER)',
    )
    .option('--say <text>', 'what the agent says first')
    .option(
      '--agent <file>',
      'the agent that answers (default: hzrelay.config.* here, else an appointment desk)',
    )
    .option('--record <file>', 'write both sides to a stereo WAV: the phone left, the agent right')
    .addOption(
      new Option('--max-duration <seconds>', 'hang up after this time (default: 600)').argParser(seconds),
    )
    .option('--url <url>', 'the relay that answers (default: the one on this machine, else a new one)')
    .option('--public-url <url>', 'the public https address of a new relay: a tunnel or proxy')
    .option('--domain <name>', 'the ngrok domain of the tunnel for a new relay')
    .option('-y, --yes', 'call without asking')
    .option('--dry-run', 'check everything, the Twilio account too, and print what would be done')
    .option('--json', 'print only events and statuses on stdout, as NDJSON')
    .option('-q, --quiet', 'print no events, only statuses and the table')
    .option('-v, --verbose', 'also print partials, tokens and raw speech edges')
    .addHelpText(
      'after',
      `
A running hzrelay dev that Twilio can reach answers the call. Otherwise, and
always with --say or --agent, the command starts a new relay, behind a tunnel if
NGROK_AUTHTOKEN is set. Twilio bills real calls: confirm each one, or pass --yes
where there is no terminal. Ctrl-C hangs up; so does closing the terminal or the
reader of the output. --record has Twilio record the call, fetches the recording
and deletes Twilio's copy. Ask people before you record them.

--json prints the events of the session, and also
  {"type":"call.status","callSid":…,"status":"ringing"} for each status and
  {"type":"call.end","status":…,"durationS":…,"problems":[…]} last. A simulated
call has only events.

Environment:
  TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_PHONE_NUMBER
                      the account that calls, and its number; a simulated phone
                      signs with the token, too
  NGROK_AUTHTOKEN     opens a tunnel to a new relay
  HZRELAY_TOKEN       opens the events of a running relay: hzrelay dev prints it
  HZRELAY_PORT        the port of the running relay
  TWILIO_BASE_URL     use this server instead of api.twilio.com

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

function seconds(text: string): number {
  const [, digits = '', unit = 's'] = /^(\d{1,5})([sm]?)$/.exec(text) ?? [];
  const number = Number(digits) * (unit === 'm' ? 60 : 1);
  // Twilio ends a call after four hours at the latest.
  if (number >= 1 && number <= 14_400) return number;
  throw new InvalidArgumentError('Give seconds, 1 to 14400, or minutes as 5m.');
}
