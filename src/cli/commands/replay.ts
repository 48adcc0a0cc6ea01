import { InvalidArgumentError, Option, type Command } from 'commander';
import type { ReplayOptions } from '../replay.js';
import type { RunCommand } from './run-command.js';

/** `hzrelay replay`: its options and its help. */
export function addReplay(program: Command, run: RunCommand): void {
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
      return run(async (signal) => (await import('../replay.js')).replay(files, options, signal));
    });
}

function milliseconds(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Give milliseconds, a whole number.');
}
