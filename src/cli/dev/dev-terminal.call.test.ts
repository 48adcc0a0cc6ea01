/** What `hzrelay dev` changed outside is undone whatever becomes of its terminal, its reader or its disk. */
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { CliProcess, type CliOutputs } from '../../../test/harness/cli-process.js';
import { CliTerminal } from '../../../test/harness/cli-terminal.js';
import { talkativeAgent } from '../../../test/harness/light-agents.js';
import {
  startTwilioRestSimulator,
  type TwilioRestSimulator,
} from '../../simulators/twilio-rest/twilio-rest-simulator.js';

jest.setTimeout(180_000);

const theirs = 'https://their-server.example.com/voice';
const number = '+15550001111';
const audio = fileURLToPath(new URL('../../../fixtures/audio/book-my-appointment.wav', import.meta.url));

let twilio: TwilioRestSimulator;
let folder: string;
let relay: string;
let env: Readonly<Record<string, string>>;
const open: number[] = [];

beforeAll(async () => {
  twilio = await startTwilioRestSimulator({ numbers: [{ phoneNumber: number, voiceUrl: theirs }] });
});
afterAll(() => twilio.close());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hzrelay-terminal-'));
  relay = `http://127.0.0.1:${await freePort()}`;
  env = { ...twilio.env, TWILIO_PHONE_NUMBER: number, XDG_STATE_HOME: folder };
});
afterEach(async () => {
  await CliTerminal.killAll();
  await CliProcess.killAll();
  for (const fd of open.splice(0)) closeSync(fd);
  await rm(folder, { recursive: true });
  const [held] = twilio.numbers;
  Object.assign(held!, { voiceUrl: theirs });
});

const voiceUrl = (): string | undefined => twilio.numbers[0]?.voiceUrl;
const isPointedHere = (): Promise<void> => twilio.when(() => voiceUrl() === `${relay}/twilio/voice`);
const args = (...more: readonly string[]): readonly string[] => [
  'dev',
  talkativeAgent,
  '--port',
  new URL(relay).port,
  '--public-url',
  relay,
  ...more,
];

/** A caller who is being answered. */
async function caller(): Promise<CliProcess> {
  const calling = CliProcess.start(['replay', audio, '--url', relay], env);
  await calling.until('stdout', /tts\.audio_start/);
  return calling;
}

/** Has the relay say something: a call that does not come from Twilio is refused, and that is told. */
async function provokeLine(): Promise<void> {
  const { status } = await fetch(`${relay}/twilio/voice`, { method: 'POST' });
  expect(status).toBe(403);
}

describe('a terminal that is closed', () => {
  it.each([
    ['the dashboard', [], false],
    ['the dashboard and a call', [], true],
    ['plain lines and a call', ['--plain'], true],
    ['events as JSON', ['--json'], false],
  ] as const)('under %s: the number is put back, and calls end politely', async (_what, more, hasCall) => {
    const terminal = CliTerminal.start(args(...more), env);
    await isPointedHere();
    if (more.length === 0) await terminal.until(/arrive here/);
    const calling = hasCall ? await caller() : null;
    terminal.close();
    expect(await terminal.ended).toEqual({ code: 129, signal: 0 });
    expect(voiceUrl()).toBe(theirs);
    if (calling) expect((await calling.ended).stdout).toMatch(/ended: shutdown/);
  });

  it('while everything is being ended after Ctrl-C does not cut that short', async () => {
    const terminal = CliTerminal.start(args('--plain'), env);
    await isPointedHere();
    twilio.failNext({ fault: 'error', status: 429, code: 20429, message: 'Too many', retryAfter: '1' });
    const before = twilio.requests.length;
    terminal.type('\u0003');
    await twilio.when(() => twilio.requests.length > before);
    terminal.close();
    expect(await terminal.ended).toEqual({ code: 130, signal: 0 });
    expect(voiceUrl()).toBe(theirs);
  });

  it('before the relay answers ends it, too', async () => {
    const terminal = CliTerminal.start(args(), env);
    await terminal.until(/Starting the relay/);
    terminal.close();
    expect(await terminal.ended).toEqual({ code: 129, signal: 0 });
    expect(voiceUrl()).toBe(theirs);
  });
});

describe('a terminal that stands still (Ctrl-S)', () => {
  it('holds up neither calls nor the end', async () => {
    const terminal = CliTerminal.start(args('--plain'), env);
    await isPointedHere();
    await terminal.until(/arrive here/);
    terminal.type('\u0013');
    await provokeLine();
    await provokeLine();
    const heard = await CliProcess.run(
      ['replay', audio, '--url', relay, '--quiet', '--barge-in', '300'],
      env,
    );
    expect(heard.code).toBe(0);
    process.kill(terminal.pid, 'SIGTERM');
    expect(await terminal.ended).toEqual({ code: 143, signal: 0 });
    expect(voiceUrl()).toBe(theirs);
  });
});

describe('a reader that goes away', () => {
  it.each(['stdout', 'stdout and stderr'])('as head does on %s ends it in order', async (which) => {
    const dev = CliProcess.start(args(), env);
    await isPointedHere();
    await dev.until('stdout', /arrive here/);
    dev.closeStdout();
    if (which !== 'stdout') dev.closeStderr();
    await provokeLine();
    const { code, stderr } = await dev.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(voiceUrl()).toBe(theirs);
  });

  it.each(['SIGINT', 'SIGHUP', 'SIGTERM'] as const)(
    'before %s, as tee does, changes nothing',
    async (name) => {
      const dev = CliProcess.start(args(), env);
      await isPointedHere();
      await dev.until('stdout', /arrive here/);
      dev.closeStdout();
      dev.closeStderr();
      dev.signal(name);
      expect((await dev.ended).code).toBe({ SIGINT: 130, SIGHUP: 129, SIGTERM: 143 }[name]);
      expect(voiceUrl()).toBe(theirs);
    },
  );

  it('in a real pipeline: Ctrl-C at 2>&1 | tee', async () => {
    const terminal = CliTerminal.shell({ ...env, RELAY: relay, LOG: join(folder, 'log') });
    await terminal.until(/\$ $/);
    terminal.type(
      `$HZRELAY dev --port ${new URL(relay).port} --public-url $RELAY 2>&1 | tee "$LOG"; echo en''ded\n`,
    );
    await terminal.until(/arrive here/);
    terminal.type('\u0003');
    await terminal.until(/\$ $|ended/);
    await twilio.when(() => voiceUrl() === theirs);
    expect(voiceUrl()).toBe(theirs);
  });
});

describe('output that cannot be written', () => {
  const full = (): number => {
    const fd = openSync('/dev/full', 'w');
    open.push(fd);
    return fd;
  };
  const outputs: readonly [string, () => CliOutputs][] = [
    ['stdout', () => ({ stdout: full() })],
    ['stderr', () => ({ stderr: full() })],
    ['stdout and stderr', () => ({ stdout: full(), stderr: full() })],
  ];

  it.each(outputs)('since the disk is full (%s) ends no call, and the log says it', async (which, to) => {
    const log = join(folder, 'dev.log');
    const dev = CliProcess.start(args('--log', log, '--json'), env, to());
    await isPointedHere();
    await provokeLine();
    const calling = await caller();
    dev.signal('SIGINT');
    expect((await calling.ended).stdout).toMatch(/ended: shutdown/);
    const { code, stderr } = await dev.ended;
    expect(code).toBe(130);
    expect(voiceUrl()).toBe(theirs);
    const logged = await readFile(log, 'utf8');
    expect(logged).toMatch(/ended: shutdown/);
    for (const name of which.split(' and '))
      expect(logged).toMatch(`WARN  Output on ${name} is lost: no space is left on the device.`);
    if (which === 'stdout')
      expect(stderr).toContain('warning: Output on stdout is lost: no space is left on the device.');
  });

  it('because nothing reads the pipe holds up neither calls nor the end', async () => {
    const dev = CliProcess.start(args('--verbose'), env, { stdout: fullPipe(), stderr: fullPipe() });
    await isPointedHere();
    const heard = await CliProcess.run(
      ['replay', audio, '--url', relay, '--quiet', '--barge-in', '300'],
      env,
    );
    expect(heard.code).toBe(0);
    dev.signal('SIGTERM');
    expect((await dev.ended).code).toBe(143);
    expect(voiceUrl()).toBe(theirs);
  });
});

describe('a second signal', () => {
  it('waits for no call, but for the number', async () => {
    const dev = CliProcess.start(args(), env);
    await isPointedHere();
    await dev.until('stdout', /arrive here/);
    // Twilio is slow: the first attempt to put the number back takes its time.
    twilio.failNext({ fault: 'error', status: 429, code: 20429, message: 'Too many', retryAfter: '1' });
    const before = twilio.requests.length;
    dev.signal('SIGINT');
    await twilio.when(() => twilio.requests.length > before);
    dev.signal('SIGTERM');
    await dev.until('stderr', /Undoing changes outside this process/);
    expect((await dev.ended).code).toBe(143);
    expect(voiceUrl()).toBe(theirs);
  });
});

/** A pipe that is as full as can be, and that nothing reads. */
function fullPipe(): number {
  const path = join(folder, `pipe-${open.length}`);
  execFileSync('mkfifo', [path]);
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  open.push(fd);
  try {
    for (;;) writeSync(fd, Buffer.alloc(4096));
  } catch {
    return fd;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
