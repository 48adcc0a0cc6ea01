import type { Command } from 'commander';
import type { DoctorOptions } from './doctor.js';
import type { RunCommand } from '../run-command.js';
import type { VendorHelp } from '../vendor-help.js';

/** `hzrelay doctor`: its options and its help. */
export function addDoctor(program: Command, run: RunCommand, vendors: VendorHelp | null): void {
  program
    .command('doctor')
    .description('Check that this machine and its configuration have everything that calls need.')
    .option('--json', 'print one JSON object: { checks: [{ name, status, message, remedy }], ok }')
    .addHelpText(
      'after',
      `
Checks Node, the codec, WebRTC over UDP, embedded speech, the port and the
microphone page. Free requests check the keys for the vendors, Twilio and ngrok,
and the vendors in hzrelay.config.*, your own included. A missing key is not a
problem. Keys are never printed.

Vendors:
  ${vendors?.titles}

Environment:
  ${vendors?.keyVariables}
  TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_PHONE_NUMBER
  NGROK_AUTHTOKEN, HZRELAY_PORT

  Other regions, or your own servers:
  ${vendors?.baseUrlVariables},
  TWILIO_BASE_URL

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
