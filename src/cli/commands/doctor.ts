import type { Command } from 'commander';
import type { DoctorOptions } from '../doctor.js';
import type { RunCommand } from './run-command.js';

/** `hzrelay doctor`: its options and its help. */
export function addDoctor(program: Command, run: RunCommand): void {
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
      run(async (signal) => (await import('../doctor.js')).doctor(options, signal)),
    );
}
