/** What `hzrelay dev` changed outside is undone whatever becomes of its terminal, its reader or its disk. */
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, jest } from '@jest/globals';
import { CliProcess, type CliOutputs } from '../../../test/harness/cli-process.js';
import { CliTerminal } from '../../../test/harness/cli-terminal.js';
import { freePort } from '../../../test/harness/free-port.js';
import { lightAgent, talkativeAgent } from '../../../test/harness/light-agents.js';
import { RelayCaller } from '../../../test/harness/relay-caller.js';
import { sideBySide } from '../../../test/harness/side-by-side.js';
import { drawn } from '../../../test/harness/thorough.js';
import {
  startTwilioRestSimulator,
  type TwilioRestSimulator,
} from '../../simulators/twilio-rest/twilio-rest-simulator.js';

jest.setTimeout(180_000);

const theirs = 'https://their-server.example.com/voice';
const number = '+15550001111';

/** One test's own number at Twilio, address, folder and open files. */
class Surroundings {
  readonly twilio: TwilioRestSimulator;
  readonly folder: string;
  readonly relay: string;
  readonly env: Readonly<Record<string, string>>;
  readonly open: number[];

  private constructor(
    twilio: TwilioRestSimulator,
    folder: string,
    relay: string,
    env: Readonly<Record<string, string>>,
    open: number[],
  ) {
    this.twilio = twilio;
    this.folder = folder;
    this.relay = relay;
    this.env = env;
    this.open = open;
  }

  static async make(): Promise<Surroundings> {
    const twilio = await startTwilioRestSimulator({
      numbers: [{ phoneNumber: number, voiceUrl: theirs }],
    });
    const folder = await mkdtemp(join(tmpdir(), 'hzrelay-terminal-'));
    const env = { ...twilio.env, TWILIO_PHONE_NUMBER: number, XDG_STATE_HOME: folder };
    return new Surroundings(twilio, folder, `http://127.0.0.1:${await freePort()}`, env, []);
  }

  get voiceUrl(): string | undefined {
    return this.twilio.numbers[0]?.voiceUrl;
  }

  isPointedHere(): Promise<void> {
    return this.twilio.when(() => this.voiceUrl === `${this.relay}/twilio/voice`);
  }

  args(...more: readonly string[]): readonly string[] {
    const { relay } = this;
    return ['dev', talkativeAgent, '--port', new URL(relay).port, '--public-url', relay, ...more];
  }

  /** A caller who is being answered. */
  async caller(): Promise<RelayCaller> {
    const calling = RelayCaller.call(this.relay, { env: this.env });
    await calling.until('tts.audio_start');
    return calling;
  }

  /** A call that lasts until it is heard out. */
  async call(): Promise<void> {
    const { turns, events } = await RelayCaller.call(this.relay, {
      env: this.env,
      behaviour: { bargeInMs: 300 },
    }).ended;
    expect(turns).toEqual([{ name: 'friday.wav', said: true, answered: true }]);
    expect(events.at(-1)).toMatchObject({ type: 'session.end', reason: 'hangup' });
  }

  /** Has the relay say something: a call that does not come from Twilio is refused, and that is told. */
  async provokeLine(): Promise<void> {
    const { status } = await fetch(`${this.relay}/twilio/voice`, { method: 'POST' });
    expect(status).toBe(403);
  }

  /** A disk without room. */
  fullDisk(): number {
    const fd = openSync('/dev/full', 'w');
    this.open.push(fd);
    return fd;
  }

  /** A pipe that is as full as can be, and that nothing reads. */
  fullPipe(): number {
    const path = join(this.folder, `pipe-${this.open.length}`);
    execFileSync('mkfifo', [path]);
    const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    this.open.push(fd);
    try {
      for (;;) writeSync(fd, Buffer.alloc(4096));
    } catch {
      return fd;
    }
  }

  async leave(): Promise<void> {
    for (const fd of this.open) closeSync(fd);
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

/** A test in surroundings of its own. */
function held(name: string, test: (its: Surroundings) => Promise<void>): void {
  beside(name, async () => {
    const its = await Surroundings.make();
    await test(its).finally(() => its.leave());
  });
}

/** The relay has ended this call as it stopped. */
async function expectShutdown({ ended }: RelayCaller): Promise<void> {
  expect((await ended).events.at(-1)).toMatchObject({ type: 'session.end', reason: 'shutdown' });
}

describe('a terminal that is closed', () => {
  for (const [what, more, hasCall] of drawn(
    [
      ['the dashboard', [], false],
      ['the dashboard and a call', [], true],
      ['plain lines and a call', ['--plain'], true],
      ['events as JSON', ['--json'], false],
    ] as const,
    2,
  ))
    held(`under ${what}: the number is put back, and calls end politely`, async (its) => {
      const terminal = CliTerminal.start(its.args(...more), its.env);
      await its.isPointedHere();
      if (more.length === 0) await terminal.until(/arrive here/);
      const calling = hasCall ? await its.caller() : null;
      terminal.close();
      expect(await terminal.ended).toEqual({ code: 129, signal: 0 });
      expect(its.voiceUrl).toBe(theirs);
      if (calling) await expectShutdown(calling);
    });

  held('while everything is being ended after Ctrl-C does not cut that short', async (its) => {
    const terminal = CliTerminal.start(its.args('--plain'), its.env);
    await its.isPointedHere();
    its.twilio.failNext({ fault: 'error', status: 429, code: 20429, message: 'Too many', retryAfter: '1' });
    const before = its.twilio.requests.length;
    terminal.type('\u0003');
    await its.twilio.when(() => its.twilio.requests.length > before);
    terminal.close();
    expect(await terminal.ended).toEqual({ code: 130, signal: 0 });
    expect(its.voiceUrl).toBe(theirs);
  });

  held('before the relay answers ends it, too', async (its) => {
    const terminal = CliTerminal.start(its.args(), its.env);
    await terminal.until(/Starting the relay/);
    terminal.close();
    expect(await terminal.ended).toEqual({ code: 129, signal: 0 });
    expect(its.voiceUrl).toBe(theirs);
  });
});

describe('a terminal that stands still (Ctrl-S)', () => {
  held('holds up neither calls nor the end', async (its) => {
    const terminal = CliTerminal.start(its.args('--plain'), its.env);
    await its.isPointedHere();
    await terminal.until(/arrive here/);
    terminal.type('\u0013');
    await its.provokeLine();
    await its.provokeLine();
    await its.call();
    process.kill(terminal.pid, 'SIGTERM');
    expect(await terminal.ended).toEqual({ code: 143, signal: 0 });
    expect(its.voiceUrl).toBe(theirs);
  });
});

describe('a reader that goes away', () => {
  for (const which of drawn(['stdout', 'stdout and stderr'], 1))
    held(`as head does on ${which} ends it in order`, async (its) => {
      const dev = CliProcess.start(its.args(), its.env);
      await its.isPointedHere();
      await dev.until('stdout', /arrive here/);
      dev.closeStdout();
      if (which !== 'stdout') dev.closeStderr();
      await its.provokeLine();
      const { code, stderr } = await dev.ended;
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(its.voiceUrl).toBe(theirs);
    });

  for (const name of drawn(['SIGINT', 'SIGHUP', 'SIGTERM'] as const, 1))
    held(`before ${name}, as tee does, changes nothing`, async (its) => {
      const dev = CliProcess.start(its.args(), its.env);
      await its.isPointedHere();
      await dev.until('stdout', /arrive here/);
      dev.closeStdout();
      dev.closeStderr();
      dev.signal(name);
      expect((await dev.ended).code).toBe({ SIGINT: 130, SIGHUP: 129, SIGTERM: 143 }[name]);
      expect(its.voiceUrl).toBe(theirs);
    });

  held('in a real pipeline: Ctrl-C at 2>&1 | tee', async (its) => {
    const terminal = CliTerminal.shell({
      ...its.env,
      RELAY: its.relay,
      LOG: join(its.folder, 'log'),
      AGENT: lightAgent,
    });
    await terminal.until(/\$ $/);
    terminal.type(
      `$HZRELAY dev $AGENT --port ${new URL(its.relay).port} --public-url $RELAY 2>&1 | tee "$LOG"; echo en''ded\n`,
    );
    await terminal.until(/arrive here/);
    terminal.type('\u0003');
    await terminal.until(/\$ $|ended/);
    await its.twilio.when(() => its.voiceUrl === theirs);
    expect(its.voiceUrl).toBe(theirs);
  });
});

describe('output that cannot be written', () => {
  for (const which of drawn([['stdout'], ['stderr'], ['stdout', 'stderr']], 1))
    held(`since the disk is full (${which.join(' and ')}) ends no call, and the log says it`, async (its) => {
      const to: CliOutputs = Object.fromEntries(which.map((name) => [name, its.fullDisk()]));
      const log = join(its.folder, 'dev.log');
      const dev = CliProcess.start(its.args('--log', log, '--json'), its.env, to);
      await its.isPointedHere();
      await its.provokeLine();
      const calling = await its.caller();
      dev.signal('SIGINT');
      await expectShutdown(calling);
      const { code, stderr } = await dev.ended;
      expect(code).toBe(130);
      expect(its.voiceUrl).toBe(theirs);
      const logged = await readFile(log, 'utf8');
      expect(logged).toMatch(/ended: shutdown/);
      for (const name of which)
        expect(logged).toMatch(`WARN  Output on ${name} is lost: no space is left on the device.`);
      if (!which.includes('stderr'))
        expect(stderr).toContain('warning: Output on stdout is lost: no space is left on the device.');
    });

  held('because nothing reads the pipe holds up neither calls nor the end', async (its) => {
    const dev = CliProcess.start(its.args('--verbose'), its.env, {
      stdout: its.fullPipe(),
      stderr: its.fullPipe(),
    });
    await its.isPointedHere();
    await its.call();
    dev.signal('SIGTERM');
    expect((await dev.ended).code).toBe(143);
    expect(its.voiceUrl).toBe(theirs);
  });
});

describe('a second signal', () => {
  held('waits for no call, but for the number', async (its) => {
    const dev = CliProcess.start(its.args(), its.env);
    await its.isPointedHere();
    await dev.until('stdout', /arrive here/);
    // Twilio is slow: the first attempt to put the number back takes its time.
    its.twilio.failNext({ fault: 'error', status: 429, code: 20429, message: 'Too many', retryAfter: '1' });
    const before = its.twilio.requests.length;
    dev.signal('SIGINT');
    await its.twilio.when(() => its.twilio.requests.length > before);
    dev.signal('SIGTERM');
    await dev.until('stderr', /Undoing changes outside this process/);
    expect((await dev.ended).code).toBe(143);
    expect(its.voiceUrl).toBe(theirs);
  });
});
