/** `hzrelay call` hangs up whatever becomes of its terminal and its reader. */
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, jest } from '@jest/globals';
import { CliProcess } from '../../../test/harness/cli-process.js';
import { CliTerminal } from '../../../test/harness/cli-terminal.js';
import { freePort } from '../../../test/harness/free-port.js';
import { lightAgent } from '../../../test/harness/light-agents.js';
import { fixtures } from '../../../test/harness/recordings.js';
import { sideBySide } from '../../../test/harness/side-by-side.js';
import { drawn } from '../../../test/harness/thorough.js';
import {
  startTwilioRestSimulator,
  type TwilioRestSimulator,
  type TwilioRestSimulatorOptions,
} from '../../simulators/twilio-rest/twilio-rest-simulator.js';

jest.setTimeout(180_000);

type Callee = NonNullable<TwilioRestSimulatorOptions['callee']>;

const to = '+15550100001';
const from = '+15550100002';
/** What the callee says: as little as makes a call. */
const goodbye = (await fixtures('goodbye')).map(({ samples }) => samples);
const ringing = { does: 'answer', ringsMs: 0 } as const;

/** One test's own Twilio, address and folder. */
class Surroundings {
  readonly twilio: TwilioRestSimulator;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly args: readonly string[];

  private constructor(
    twilio: TwilioRestSimulator,
    folder: string,
    env: Readonly<Record<string, string>>,
    args: readonly string[],
  ) {
    this.twilio = twilio;
    this.folder = folder;
    this.env = env;
    this.args = args;
  }

  static async make(callee: Callee): Promise<Surroundings> {
    const folder = await mkdtemp(join(tmpdir(), 'hzrelay-call-terminal-'));
    const HZRELAY_PORT = String(await freePort());
    const twilio = await startTwilioRestSimulator({ callee });
    const env = { ...twilio.env, TWILIO_PHONE_NUMBER: from, HZRELAY_PORT, XDG_STATE_HOME: folder };
    const relay = `http://127.0.0.1:${HZRELAY_PORT}`;
    const args = ['call', to, '--agent', lightAgent, '--yes', '--public-url', relay];
    return new Surroundings(twilio, folder, env, args);
  }

  /** How often the call was asked to end. */
  get hangUps(): number {
    return this.twilio.requests.filter(
      ({ path, form }) => path.startsWith('/Calls/') && form.get('Status') === 'completed',
    ).length;
  }

  get statuses(): readonly string[] {
    return this.twilio.calls.map(({ status }) => status);
  }

  async leave(): Promise<void> {
    await this.twilio.close();
    // A process that is ending may still withdraw its address in there.
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

const beside = sideBySide();
afterAll(async () => {
  await CliTerminal.killAll();
  await CliProcess.killAll();
});

/** A test in surroundings of its own, in which the callee behaves like this. */
function held(name: string, callee: Callee, test: (its: Surroundings) => Promise<void>): void {
  beside(name, async () => {
    const its = await Surroundings.make(callee);
    await test(its).finally(() => its.leave());
  });
}

describe('the call of hzrelay call is hung up', () => {
  held('when the terminal is closed', ringing, async (its) => {
    const terminal = CliTerminal.start(its.args, its.env);
    await terminal.until(/tts\.audio_start/);
    terminal.close();
    expect(await terminal.ended).toEqual({ code: 129, signal: 0 });
    expect({ hangUps: its.hangUps, statuses: its.statuses }).toEqual({ hangUps: 1, statuses: ['completed'] });
  });

  held('when the terminal is closed while it rings', { does: 'answer', ringsMs: 30_000 }, async (its) => {
    const terminal = CliTerminal.start(its.args, its.env);
    await terminal.until(/ringing/);
    terminal.close();
    expect(await terminal.ended).toEqual({ code: 129, signal: 0 });
    expect(its.hangUps).toBe(1);
    expect(its.statuses).not.toContain('in-progress');
  });

  for (const which of drawn(['stdout', 'stdout and stderr'], 1))
    held(`when the reader of ${which} goes away, as head does`, ringing, async (its) => {
      // The reader is gone before the end of these words is printed.
      const words = 'The reader of this goes away.';
      const calling = CliProcess.start([...its.args, '--say', words], its.env);
      await calling.until('stdout', /tts\.audio_start/);
      calling.closeStdout();
      if (which !== 'stdout') calling.closeStderr();
      expect((await calling.ended).code).toBe(0);
      expect({ hangUps: its.hangUps, statuses: its.statuses }).toEqual({
        hangUps: 1,
        statuses: ['completed'],
      });
    });

  held('when a second signal cannot wait for its end', ringing, async (its) => {
    const calling = CliProcess.start(its.args, its.env);
    await calling.until('stdout', /tts\.audio_start/);
    // One request is never answered, so the polite end cannot come first; two signals sent at once may change places.
    its.twilio.failNext({ fault: 'hang' });
    calling.signal('SIGINT');
    await calling.until('stderr', /Hanging up/);
    calling.signal('SIGTERM');
    expect((await calling.ended).code).toBe(143);
    await its.twilio.when(() => its.statuses[0] === 'completed');
    expect(its.hangUps).toBeGreaterThan(0);
  });

  held(
    'never, by a full disk: it goes on, and what is lost is said',
    { ...ringing, says: goodbye },
    async (its) => {
      const stdout = openSync('/dev/full', 'w');
      const { code, stderr } = await CliProcess.start(its.args, its.env, { stdout }).ended;
      closeSync(stdout);
      expect(stderr).toMatch(/^warning: Output on stdout is lost: no space is left on the device\.$/m);
      expect(code).toBe(1);
      expect({ hangUps: its.hangUps, statuses: its.statuses }).toEqual({
        hangUps: 0,
        statuses: ['completed'],
      });
    },
  );
});

held(
  'a terminal that is closed at the question whether to call ends it, and no call is placed',
  ringing,
  async (its) => {
    const asking = its.args.filter((arg) => arg !== '--yes');
    const terminal = CliTerminal.start(asking, its.env);
    await terminal.until(/Twilio bills it/);
    terminal.close();
    // The first to be noticed is the signal, the end of the keyboard, or that nothing reads the output.
    const { code, signal } = await terminal.ended;
    expect([0, 1, 129]).toContain(code);
    // The signal may also come when the command has ended and the process has not.
    expect([0, 1]).toContain(signal);
    expect(its.twilio.calls).toEqual([]);
  },
);
