import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, jest } from '@jest/globals';
import { decodeMulaw, encodeMulaw } from '../../audio/g711.js';
import { audibleEnd, audibleStart } from '../../audio/silence.js';
import { readWav } from '../../audio/wav.js';
import type { SessionEvent } from '../../events/session-event.js';
import { localSpeechToText } from '../../providers/local/stt/local-speech-to-text.js';
import { framesOf } from '../../simulators/caller-speech.js';
import { CliProcess, type CliEnd } from '../../../test/harness/cli-process.js';
import { lightAgent, listeningAgent, talkativeAgent } from '../../../test/harness/light-agents.js';
import { fixtures } from '../../../test/harness/recordings.js';
import { sideBySide } from '../../../test/harness/side-by-side.js';
import { drawn } from '../../../test/harness/thorough.js';

jest.setTimeout(180_000);

const rateHz = 8000;
const fixture = (path: string): string =>
  fileURLToPath(new URL(`../../../fixtures/${path}`, import.meta.url));
const audio = (name: string): string => fixture(`audio/${name}.wav`);
const golden = (name: string): string => fixture(`golden/${name}.ndjson`);

const beside = sideBySide();
let folder = '';
const temporary = (name: string): string => join(folder, name);

const replay = (...args: string[]): Promise<CliEnd> => CliProcess.run(['replay', ...args]);
const eventsOf = ({ stdout }: CliEnd): SessionEvent[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as SessionEvent);

const understood = ['--agent', listeningAgent];
const overTheGreeting = ['--barge-in', '1500', '--quiet', '--expect', golden('barge-in')];
const asJson = [audio('friday'), '--json', '--agent', lightAgent];
/** A call for two tests: one judges it, the other compares a later call with it. */
let overBothAsJson: Promise<CliEnd> | null = null;
const bothAsJson = (): Promise<CliEnd> => (overBothAsJson ??= replay(...asJson, '--via', 'both'));

let server: Server;
let noRelay = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hzrelay-cli-'));
  server = createServer((_request, response) => response.end('hello')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  noRelay = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await Promise.all([
    writeFile(temporary('empty.wav'), ''),
    writeFile(temporary('text.wav'), 'no audio at all'),
    writeFile(temporary('song.wav'), Uint8Array.of(0x49, 0x44, 0x33, 4, 0, 0, 0, 0, 0, 0)),
    writeFile(temporary('not.ndjson'), '{"half":'),
  ]);
});
afterAll(async () => {
  server.close();
  await CliProcess.killAll();
  await rm(folder, { recursive: true });
});

describe('hzrelay replay of two recordings', () => {
  beside('shows both turns, and writes what both sides said', async () => {
    const { code, stdout, stderr } = await replay(
      ...[audio('book-my-appointment'), audio('reschedule-for-friday')],
      ...['-o', temporary('reply.wav')],
    );
    expect(code).toBe(0);
    expect(stderr).toMatch(/^Wrote .*reply\.wav: caller left, agent right, \d+\.\d s\.\n$/);
    expect((await stat(temporary('reply.wav'))).mode & 0o777).toBe(0o600);
    expect(stdout.match(/transcript\.final: .*/g)).toEqual([
      "transcript.final: 'book my appointment'",
      "transcript.final: 'reschedule for friday'",
    ]);
    const rows = stdout.match(/^ {3}\d {2}.*$/gm) ?? [];
    expect(rows.map((row) => row.slice(6, 79).trim().split(/ {2,}/))).toEqual([
      [expect.stringMatching(/^Hello, this is/)],
      ['book my appointment', 'Which day suits you?'],
      ['reschedule for friday', 'What time on Friday?'],
    ]);
    // A pipe gets no colours, even if the terminal has them.
    expect(stdout + stderr).not.toContain('\u001b');

    const bytes = await readFile(temporary('reply.wav'));
    const [caller, agent] = (['left', 'right'] as const).map(
      (channel) => readWav(bytes, { channel }).samples,
    );
    await expectConversation(caller!, agent!);
  });
});

describe('hzrelay replay --json', () => {
  beside('prints events and nothing else, and holds them against those of an earlier call', async () => {
    const earlier = (await bothAsJson()).stdout.split('\n');
    const begun = earlier.findIndex((line) => line.includes('"transport":"webrtc"'));
    await writeFile(temporary('earlier.ndjson'), earlier.slice(0, begun).join('\n'));
    const call = await replay(...asJson, '--expect', temporary('earlier.ndjson'));
    const events = eventsOf(call);
    const { code, stderr } = call;
    expect(events[0]).toMatchObject({ type: 'session.start', transport: 'twilio' });
    expect(events.at(-1)).toMatchObject({ type: 'session.end', reason: 'hangup' });
    expect(new Set(events.map(({ sessionId }) => sessionId)).size).toBe(1);
    expect(stderr).toMatch(/^Equal to .*earlier\.ndjson\.\n$/);
    expect(code).toBe(0);
  });
});

describe('hzrelay replay --barge-in', () => {
  beside(
    'talks over the greeting, as a golden log has it; --quiet leaves the table and the result',
    async () => {
      const { code, stdout, stderr } = await replay(
        audio('stop-and-cancel'),
        ...understood,
        ...overTheGreeting,
      );
      expect(stdout).not.toMatch(/^(INFO|EVT|OK) /m);
      expect(stdout).toMatch(/^ {3}0 .* \[interrupted\] .* greeting$/m);
      expect(stdout).toMatch(/^ {3}1 {2}stop i want to cancel my appointment .*\d+ms$/m);
      expect(stdout).toMatch(/\nEqual to .*barge-in\.ndjson\.\n$/);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    },
  );

  beside('that goes another way than the golden log is shown as a diff, and fails', async () => {
    const withoutModels = ['--agent', talkativeAgent];
    const { code, stdout } = await replay(audio('friday'), ...overTheGreeting, ...withoutModels);
    expect(stdout).toContain('- turn 1  caller  transcript.final: stop i want to cancel my appointment\n');
    expect(stdout).toContain('+ turn 1  caller  transcript.final: friday\n');
    expect(stdout).toMatch(/^ {2}turn 1 {2}caller {2}speech\.end$/m);
    expect(code).toBe(1);
  });
});

describe('hzrelay replay --via both', () => {
  beside(
    'holds the call over each transport, compares both with the golden log and with one another',
    async () => {
      const overBoth = ['--via', 'both', '--expect', golden('backchannel'), '--barge-in', '1000'];
      const output = ['-o', temporary('both.wav')];
      const { code, stdout, stderr } = await replay(audio('um-hum'), ...understood, ...overBoth, ...output);
      expect(stdout.match(/^INFO {2}inbound: \w+/gm)).toEqual([
        'INFO  inbound: twilio',
        'INFO  inbound: webrtc',
      ]);
      expect(stdout).toMatch(/^twilio: Equal to .*backchannel\.ndjson\.$/m);
      expect(stdout).toMatch(/^webrtc: Equal to .*backchannel\.ndjson\.$/m);
      expect(stdout).toMatch(/^ {2}lane +twilio +webrtc$/m);
      expect(stdout).toMatch(/^ {2}turn 0 {2}voice +agent\.paused +agent\.paused$/m);
      expect(stdout).toMatch(/^ {2}turn 0 {2}mouth→ear {2}greeting +greeting$/m);
      expect(stdout).not.toContain('≠');
      expect(stdout).toMatch(/\nParity: equal\.\n$/);
      expect(stderr).toMatch(/Wrote .*both\.twilio\.wav.*\n.*Wrote .*both\.webrtc\.wav/);
      expect(code).toBe(0);

      const heard = async (via: string) =>
        readWav(await readFile(temporary(`both.${via}.wav`)), { channel: 'right' });
      const [byPhone, fromBrowser] = [await heard('twilio'), await heard('webrtc')];
      expect([byPhone.sampleRateHz, fromBrowser.sampleRateHz]).toEqual([8000, 24_000]);
      for (const { samples, sampleRateHz } of [byPhone, fromBrowser])
        expect(audibleEnd(samples, sampleRateHz)).toBeGreaterThan(audibleStart(samples, sampleRateHz));
    },
  );

  beside(
    'with --json prints the events of both, told apart by their sessions, and the verdict elsewhere',
    async () => {
      const { code, stderr } = await bothAsJson();
      const events = eventsOf(await bothAsJson());
      const starts = events.flatMap((event) => (event.type === 'session.start' ? event : []));
      expect(starts.map(({ transport }) => transport)).toEqual(['twilio', 'webrtc']);
      const sessions = starts.map(({ sessionId }) => events.filter((event) => event.sessionId === sessionId));
      expect(sessions.map((own) => own.at(-1))).toMatchObject([
        { type: 'session.end', reason: 'hangup' },
        { type: 'session.end', reason: 'hangup' },
      ]);
      expect(sessions.flat()).toHaveLength(events.length);
      expect(stderr).toMatch(/^Parity: equal\.\n$/);
      expect(code).toBe(0);
    },
  );
});

describe('hzrelay replay that cannot begin', () => {
  for (const [when, args, exitCode, message] of drawn<[string, () => string[], number, RegExp]>(
    [
      ['for want of a file', () => [], 2, /missing required argument 'file'\n.*hzrelay replay --help/],
      ['on an unknown option', () => ['--jsno'], 2, /unknown option '--jsno'\n\(Did you mean --json\?\)/],
      ['on a wrong number', () => ['a.wav', '--barge-in', 'soon'], 2, /Give milliseconds, a whole number\./],
      [
        'on files that are no recordings',
        () => ['missing.wav', ...['empty.wav', 'text.wav', 'song.wav'].map(temporary)],
        2,
        /missing\.wav: there is no such file.*\n.*empty\.wav: The file is empty.*\n.*text\.wav: Not a WAV file.*\n.*song\.wav: This is an MP3/,
      ],
      [
        'on a golden log that is none',
        () => [audio('no'), '--expect', temporary('not.ndjson')],
        2,
        /line 1 is not a session event/,
      ],
      [
        'on a golden log that is missing',
        () => [audio('no'), '--expect', temporary('nowhere')],
        2,
        /--expect .* there is no such file/,
      ],
      [
        'on an output without a folder',
        () => [audio('no'), '-o', temporary('a/b.wav')],
        2,
        /--output .*Make the folder/,
      ],
      [
        'on an address that is none',
        () => [audio('no'), '--url', 'localhost'],
        2,
        /--url localhost is not a relay's address/,
      ],
      [
        'where nothing listens',
        () => [audio('no'), '--url', 'http://127.0.0.1:1'],
        1,
        /No relay answers at http:\/\/127\.0\.0\.1:1: .*hzrelay dev/,
      ],
      ['where something else listens', () => [audio('no'), '--url', noRelay], 1, /this is no hzrelay/],
      [
        'on a transport that there is not',
        () => [audio('no'), '--via', 'sip'],
        2,
        /argument 'sip' is invalid\. Allowed choices are twilio, webrtc, both\./,
      ],
    ],
    4,
  ))
    beside(`${when} says so and ends with its exit code`, async () => {
      const { code, stdout, stderr } = await CliProcess.run(['replay', ...args()]);
      expect(stderr).toMatch(message);
      expect(stderr).not.toContain('    at ');
      expect({ code, stdout }).toEqual({ code: exitCode, stdout: '' });
    });
});

describe('hzrelay replay that is stopped', () => {
  for (const [signal, via, exitCode] of drawn(
    [
      ['SIGINT', 'twilio', 130],
      ['SIGTERM', 'twilio', 143],
      ['SIGINT', 'webrtc', 130],
    ] as const,
    1,
  ))
    beside(
      `by ${signal} hangs up the call over ${via}, says what there was until then, and ends with ${exitCode}`,
      async () => {
        const running = CliProcess.start([
          'replay',
          audio('friday'),
          '--agent',
          talkativeAgent,
          '--via',
          via,
        ]);
        await running.until('stdout', /tts\.audio_start/);
        running.signal(signal);
        const { code, stdout, stderr } = await running.ended;
        expect(stdout).toMatch(/ended: hangup/);
        expect(stdout).toMatch(/^ {3}0 .*\[hangup\]/m);
        expect({ code, stderr }).toEqual({ code: exitCode, stderr: '' });
      },
    );

  beside('in the first of two calls does not begin the second', async () => {
    const running = CliProcess.start(['replay', audio('friday'), '--agent', talkativeAgent, '--via', 'both']);
    await running.until('stdout', /tts\.audio_start/);
    running.signal('SIGINT');
    const { code, stdout } = await running.ended;
    expect(stdout).toMatch(/ended: hangup/);
    expect(stdout).not.toMatch(/webrtc|Parity/);
    expect(code).toBe(130);
  });

  beside('by a reader that went away says nothing about it', async () => {
    const running = CliProcess.start(['replay', audio('friday'), '--agent', talkativeAgent]);
    await running.until('stdout', /session/);
    running.closeStdout();
    expect(await running.ended).toMatchObject({ code: 0, stderr: '' });
  });
});

/**
 * Left holds the recordings, sample by sample; right the answers. How far an answer is behind its question is a matter of
 * virtual time: see session-folder.test.ts.
 */
async function expectConversation(caller: Int16Array, agent: Int16Array): Promise<void> {
  expect(agent.length).toBe(caller.length);
  const said = await fixtures('book-my-appointment', 'reschedule-for-friday');
  const questions: { start: number; end: number }[] = [];
  for (const { samples } of said) {
    const sent = decodeMulaw(encodeMulaw(samples));
    const sound = sent.subarray(audibleStart(sent, rateHz), audibleEnd(sent, rateHz));
    const from = questions.at(-1)?.end ?? 0;
    const start = from + audibleStart(caller.subarray(from), rateHz);
    expect([...caller.subarray(start, start + sound.length)]).toEqual([...sound]);
    questions.push({ start, end: start + sound.length });
  }
  const answers = questions.map(({ end }, index) => ({
    start: end + audibleStart(agent.subarray(end), rateHz),
    end: questions[index + 1]?.start ?? agent.length,
  }));
  const spoken = [
    agent.subarray(0, questions[0]?.start),
    ...answers.map(({ start, end }) => agent.subarray(start, end)),
  ];
  expect(await recognised(spoken)).toEqual([
    'hello this is the appointment desk how can i help you',
    'which day suits you',
    'what time on friday',
  ]);
}

/** What the embedded recogniser makes of the agent's voice, with other answers to choose from. */
async function recognised(pieces: readonly Int16Array[]): Promise<string[]> {
  const stt = localSpeechToText({
    workers: 1,
    grammar: `#JSGF V1.0;
      grammar agent;
      public <answer> = hello this is the appointment desk how can i help you | which day suits you
        | what day would you like | what time on friday | what time on monday | thank you for calling goodbye
        | is there anything else i can do | shall i book that for you;`,
  });
  const texts: string[] = [];
  for (const samples of pieces) {
    const text = await new Promise<string>((resolve, reject) => {
      const stream = stt.open({
        format: { encoding: 'linear16', sampleRateHz: rateHz },
        signal: new AbortController().signal,
        onEvent: (event) => {
          if (event.type === 'error') reject(event.error);
          if (event.type === 'final') resolve(event.text);
        },
      });
      stream.speechStarted?.();
      for (const frame of framesOf(samples, rateHz)) stream.write(frame);
      stream.flush();
    });
    texts.push(text);
  }
  await stt.close();
  return texts;
}
