import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, jest } from '@jest/globals';
import { audibleStart } from '../../audio/silence.js';
import { readWav } from '../../audio/wav.js';
import { CliProcess, type CliEnd } from '../../../test/harness/cli-process.js';
import { freePort } from '../../../test/harness/free-port.js';
import { lightAgent, listeningAgent } from '../../../test/harness/light-agents.js';
import { fixtures } from '../../../test/harness/recordings.js';
import { sideBySide } from '../../../test/harness/side-by-side.js';
import { drawn, isThorough } from '../../../test/harness/thorough.js';
import {
  startTwilioRestSimulator,
  type TwilioRestSimulator,
  type TwilioRestSimulatorOptions,
} from '../../simulators/twilio-rest/twilio-rest-simulator.js';

jest.setTimeout(180_000);

const to = '+15550100001';
const from = '+15550100002';

/** One test's own address and folder, and its Twilio if it has one. */
interface Surroundings {
  readonly env: Readonly<Record<string, string>>;
  readonly relay: string;
  readonly folder: string;
  readonly startTwilio: (
    options: TwilioRestSimulatorOptions,
  ) => Promise<{ simulator: TwilioRestSimulator; env: Readonly<Record<string, string>> }>;
}

const beside = sideBySide();
afterAll(() => CliProcess.killAll());

const call = (env: Readonly<Record<string, string>>, ...args: string[]): Promise<CliEnd> =>
  CliProcess.run(['call', ...args], env);

/** A test in surroundings of its own. */
function held(name: string, test: (its: Surroundings) => Promise<void>): void {
  beside(name, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hzrelay-call-'));
    const port = await freePort();
    const env = { HZRELAY_PORT: String(port), HOME: folder };
    const started: TwilioRestSimulator[] = [];
    const startTwilio: Surroundings['startTwilio'] = async (options) => {
      const simulator = await startTwilioRestSimulator(options);
      started.push(simulator);
      return { simulator, env: { ...env, ...simulator.env, TWILIO_PHONE_NUMBER: from } };
    };
    try {
      await test({ env, folder, relay: `http://127.0.0.1:${port}`, startTwilio });
    } finally {
      await Promise.all(started.map((simulator) => simulator.close()));
      // A process that is ending may still withdraw its address in there.
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  });
}

/** The light agent hears one word in everything; the desk understands it all, and loads its models. */
const agents: readonly [string, readonly string[], readonly string[], string][] = [
  ['an agent', ['--agent', lightAgent], ['friday', 'friday', 'friday'], 'hangup'],
  [
    'the appointment desk',
    [],
    ['i would like to book an appointment for friday at three', 'yes please', 'goodbye'],
    'completed',
  ],
];

for (const [who, args, heard, reason] of isThorough ? agents : agents.slice(0, 1))
  held(
    `hzrelay call --simulate holds the default conversation with ${who} on a relay of its own`,
    async ({ env }) => {
      const { code, stdout, stderr } = await call(env, '--simulate', ...args);
      expect(stdout.match(/(?<=transcript\.final: ').*(?=')/g)).toEqual(heard);
      expect(stdout).toMatch(new RegExp(`^INFO {2}session \\w+ ended: ${reason}`, 'm'));
      expect(stdout).toMatch(new RegExp(`^ {3}3 {2}${heard[2]} .*\\d+ms$`, 'm'));
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    },
  );

describe('hzrelay call', () => {
  held(
    'has a phone called, shows the call, and writes what both sides said',
    async ({ relay, folder, startTwilio }) => {
      const { simulator, env } = await startTwilio({
        callee: { does: 'answer', ringsMs: 1500, says: await goodbye() },
      });
      const file = join(folder, 'call.wav');
      const answering = ['--agent', listeningAgent, '--say', 'Hello.'];
      const { code, stdout, stderr } = await call(
        env,
        to,
        '--yes',
        '--public-url',
        relay,
        ...answering,
        '--record',
        file,
      );
      const lines = stdout.split('\n');
      expect(lines.filter((line) => /^INFO {2}call: /.test(line))).toEqual([
        `INFO  call: ${from} → ${to}, answered by ${relay}`,
        'INFO  call: initiated',
        'INFO  call: ringing',
        'INFO  call: answered, in progress',
        'INFO  call: completed',
      ]);
      expect(stdout).toContain("transcript.final: 'goodbye'");
      expect(stdout).toMatch(/^ {3}1 {2}goodbye .*\d+ms$/m);
      expect(stdout).toMatch(/^OK {4}call: completed, \d+ s, 1 answer, mouth→ear p50 \d+ms, p95 \d+ms$/m);
      expect(stderr).toBe(`Wrote ${file}: callee left, agent right.\n`);
      expect(code).toBe(0);

      const bytes = await readFile(file);
      const [callee, agent] = (['left', 'right'] as const).map((channel) => readWav(bytes, { channel }));
      // The agent greets, then the callee speaks.
      expect(audibleStart(agent!.samples, 8000)).toBeLessThan(audibleStart(callee!.samples, 8000));
      expect(simulator.requests.at(-1)).toMatchObject({
        method: 'DELETE',
        path: expect.stringMatching(/^\/Recordings/),
      });
      expect(simulator.callbacks.map(({ status, answered }) => [status, answered])).toEqual([
        ['initiated', 204],
        ['ringing', 204],
        ['in-progress', 204],
        ['completed', 204],
      ]);
      expect(stdout + stderr).not.toContain(simulator.authToken);
      expect(simulator.problems).toEqual([]);
    },
  );

  held(
    'hangs up on Ctrl-C and waits for the end; the agent begins with what --say has',
    async ({ relay, startTwilio }) => {
      const { simulator, env } = await startTwilio({ callee: { does: 'answer', ringsMs: 0 } });
      const running = CliProcess.start(
        ['call', to, '-y', '--agent', lightAgent, '--public-url', relay, '--say', 'This is a test.'],
        env,
      );
      await running.until('stdout', /tts\.audio_start/);
      running.signal('SIGINT');
      const { code, stdout, stderr } = await running.ended;
      expect(stderr).toMatch(/^Hanging up; press Ctrl-C again to stop at once\.$/m);
      expect(stdout).toMatch(/^INFO {2}session \w+ ended: hangup/m);
      expect(stdout).toMatch(/^INFO {2}call: completed, \d+ s, 0 answers$/m);
      expect(simulator.calls.map(({ status }) => status)).toEqual(['completed']);
      expect(code).toBe(130);
    },
  );

  held(
    'uses the relay that runs, whose token it finds where that was left for this user alone; so does --simulate',
    async ({ relay, folder, startTwilio }) => {
      const { simulator, env } = await startTwilio({
        callee: { does: 'answer', ringsMs: 0, says: await goodbye() },
      });
      const dev = CliProcess.start(['dev', lightAgent, '--public-url', relay], env);
      await dev.until('stdout', /HZRELAY_TOKEN=\S+/);
      const closed = await CliProcess.run(['call', to, '--yes'], {
        ...env,
        XDG_STATE_HOME: join(folder, 'elsewhere'),
      });
      expect(closed).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/wants its token: set HZRELAY_TOKEN/),
      });
      expect(simulator.calls).toEqual([]);

      const own = await CliProcess.run(['call', to, '--yes', '--json'], env);
      const printed = own.stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      const callSid = simulator.calls[0]!.sid;
      expect(printed[0]).toEqual({ type: 'call.status', callSid, status: 'queued' });
      expect(printed.find(({ type }) => type === 'session.start')).toMatchObject({ callId: callSid });
      expect(printed.some(({ type, text }) => type === 'transcript.final' && text === 'friday')).toBe(true);
      expect(printed.at(-1)).toMatchObject({ type: 'call.end', callSid, status: 'completed', problems: [] });
      expect(own.code).toBe(0);
      await dev.until('stdout', /^INFO {2}session \w+ ended: /m);

      const recording = new URL('../../../fixtures/audio/goodbye.wav', import.meta.url).pathname;
      const fromBrowser = await call(env, '--simulate', recording, '--via', 'webrtc', '--json');
      expect(fromBrowser.stdout).toMatch(/"type":"session\.start".*"transport":"webrtc"/);
      expect(fromBrowser.stdout).toMatch(/"type":"transcript\.final".*"text":"friday"/);
      expect(fromBrowser.code).toBe(0);
      await dev.until('stdout', /^INFO {2}inbound: webrtc/m);
      dev.signal('SIGTERM');
      await dev.ended;
    },
  );

  held('says why a call came to nothing, and exits with 1', async ({ relay, startTwilio }) => {
    const problem = { code: 13224, message: 'Dial: Invalid number' };
    const { env } = await startTwilio({ callee: { does: 'fail', afterMs: 0, problem } });
    const { code, stdout, stderr } = await call(
      env,
      to,
      '--agent',
      lightAgent,
      '--yes',
      '--public-url',
      relay,
    );
    expect(stdout).toMatch(/^WARN {2}call: failed$/m);
    expect(stderr).toMatch(/^error: Twilio could not connect the call/m);
    expect(stderr).toMatch(/^error: Twilio cannot call \+15550100001.*13224/m);
    expect(code).toBe(1);
  });
});

held('a tunnel that cannot be opened is reported, and no call is placed', async ({ env }) => {
  const account = {
    TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
    TWILIO_AUTH_TOKEN: 'a-token',
    TWILIO_PHONE_NUMBER: from,
    NGROK_AUTHTOKEN: 'none-of-ngroks-tokens',
  };
  const { code, stdout, stderr } = await call({ ...env, ...account }, to, '--agent', lightAgent, '--yes');
  expect(stderr).toMatch(/^error: There is no tunnel: .*\n$/);
  expect(stderr).not.toContain('none-of-ngroks-tokens');
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
});

for (const [args, words] of drawn(
  [
    [['5551234567'], /in North America that is \+15551234567/],
    [[to, '--max-duration', '0'], /Give seconds, 1 to 14400/],
    [[to, '--simulat'], /Did you mean --simulate\?/],
  ] as const,
  1,
))
  held(`hzrelay call ${args.join(' ')} is bad usage`, async ({ env }) => {
    const { code, stdout, stderr } = await call(env, ...args);
    expect(stderr).toMatch(words);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

/** What the callee says: as little as makes a call. */
async function goodbye(): Promise<Int16Array[]> {
  return (await fixtures('goodbye')).map(({ samples }) => samples);
}
