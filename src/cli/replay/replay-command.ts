import { InvalidArgumentError, Option, type Command } from 'commander';
import type { ReplayOptions } from './replay.js';
import { defaultTransport } from '../../transport/registry.js';
import { viaChoices } from './via.js';
import type { RunCommand } from '../run-command.js';

/** `hzrelay replay`: its options and its help. */
export function addReplay(program: Command, run: RunCommand): void {
  program
    .command('replay')
    .description(
      'Play recordings into a relay as one call, by phone or from a browser, and show transcripts, answers and latency.',
    )
    .usage('[options] <file...>')
    .argument(
      '[file...]',
      'recordings, consecutive turns of one call: WAV of any kind, raw mu-law (.ulaw), a directory or a glob; or the folder of a recorded session',
    )
    .addOption(
      new Option('--via <transport>', 'how to call: by phone, from a browser, or both in turn and compare')
        .choices(viaChoices)
        .default(defaultTransport),
    )
    .option('--url <url>', 'call this relay instead of starting one')
    .option('--agent <file>', 'the agent that answers (default: hzrelay.config.ts, else a desk)')
    .option('--no-speculation', 'begin no answer before the turn is certain, whatever the agent says')
    .addOption(
      new Option('--barge-in <ms>', 'talk over the agent, this long after it begins to speak').argParser(
        milliseconds,
      ),
    )
    .option('-o, --output <file>', 'write both sides to a stereo WAV: caller left, agent right')
    .option('--json', 'print only the events on stdout, as NDJSON')
    .option('--expect <file>', 'compare with the events of an earlier --json run; exit 1 where they differ')
    .option(
      '--drill <name>',
      'make a provider or the caller’s connection fail mid-call: a drill, connection, stt, llm, tts, all, or list',
    )
    .addOption(
      new Option(
        '--shapes <seed>',
        'with --drill: vary the shapes of vendor responses, with this random seed',
      ).argParser(seed),
    )
    .option('--stt <vendor>', 'with --drill: simulate this recogniser (default: deepgram)')
    .option('--llm <vendor>', 'with --drill: simulate this model (default: openai)')
    .option('--tts <vendor>', 'with --drill: simulate this voice (default: elevenlabs)')
    .addOption(
      new Option('--budget <usd>', 'hang up, with exit code 1, beyond this cost in US dollars').argParser(
        dollars,
      ),
    )
    .option('-q, --quiet', 'print no events, only the table')
    .option('-v, --verbose', 'also print partials, tokens and raw speech edges')
    .addHelpText(
      'after',
      `
--via both plays the same recordings twice, first by phone and then from a
browser. A table then compares both calls and the latency of every answer;
differences are marked, and the exit code is 1. --json prints one call's events
after the other's: session.start has the transport, every event its sessionId.
-o reply.wav writes reply.twilio.wav and reply.webrtc.wav. --expect compares
each call with the golden log, which is the same for both transports.

A session folder that hzrelay dev --record wrote is replayed as one call, with
the caller's original timing.

--drill holds the call against simulated vendors on the real wire and makes one
of them fail, or breaks the caller's own connection. It shows what failed, what
the caller heard, how long the recovery took, and which words were lost or
doubled. It needs no keys and runs in simulated time. --drill list lists the
drills; --json prints a line for each drill. --shapes 1, 2, … varies the
vendors' responses within what the real ones send, in another way for each
number. --stt, --llm and --tts choose the vendors.
--agent drills that agent's providers instead, your own vendors
included: real calls, in real time, at its vendors. --drill list --agent FILE
lists those drills; it does not read the file.

The cost of the call is shown at the end, by vendor and model: what was used
times the vendors' public prices, or those in the agent's config (prices). A
vendor without a known price is named and left out.

Environment:
  TWILIO_AUTH_TOKEN   signs a phone call as Twilio would
  HZRELAY_TOKEN       the token of a relay that the internet can reach, for its
                      events and its route for browsers

Examples:
  hzrelay replay book.wav friday.wav             two turns of one call
  hzrelay replay 'calls/*.wav' -o reply.wav      listen to the answers
  hzrelay replay stop.wav --barge-in 500         talk over the greeting
  hzrelay replay book.wav --via webrtc           call as a browser does
  hzrelay replay book.wav --via both             compare both transports
  hzrelay replay book.wav --drill all --via both run every fault drill
  hzrelay replay book.wav --drill all --agent hzrelay.config.ts
  hzrelay replay book.wav --drill llm --llm anthropic
  hzrelay replay book.wav --json > golden.ndjson
  hzrelay replay book.wav --expect golden.ndjson
  hzrelay replay calls/20260131-235959-a3f9b2c1  a recorded session

Exit codes: 0 everything was said and answered, and all comparisons are equal;
1 otherwise, or if a provider failed; 2 bad usage or files.
`,
    )
    .action((files: string[], options: ReplayOptions, command: Command) => {
      if (files.length === 0 && options.drill !== 'list')
        command.error("error: missing required argument 'file'", { code: 'commander.missingArgument' });
      return run(async (signal) => (await import('./replay.js')).replay(files, options, signal));
    });
}

function milliseconds(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Give milliseconds, a whole number.');
}

function dollars(text: string): number {
  const amount = Number(text);
  if (/^[\d.]+$/.test(text) && Number.isFinite(amount)) return amount;
  throw new InvalidArgumentError('Give US dollars, for example 0.05.');
}

function seed(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number)) return number;
  throw new InvalidArgumentError('Give a whole number, for example 1.');
}
