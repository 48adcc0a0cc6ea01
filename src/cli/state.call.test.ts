/** Without a place to keep state in, everything works that needs none, and what is missed is said. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest } from '@jest/globals';
import { CliProcess } from '../../test/harness/cli-process.js';
import { freePort } from '../../test/harness/free-port.js';
import { lightAgent } from '../../test/harness/light-agents.js';
import { sideBySide } from '../../test/harness/side-by-side.js';
import { drawn } from '../../test/harness/thorough.js';
import { startTwilioRestSimulator } from '../simulators/twilio-rest/twilio-rest-simulator.js';

jest.setTimeout(180_000);

const beside = sideBySide();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hzrelay-state-'));
  await writeFile(join(folder, 'file'), '');
});
afterAll(async () => {
  await CliProcess.killAll();
  await rm(folder, { recursive: true });
});

const homes: readonly [string, Readonly<Record<string, string>>, RegExp][] = [
  [
    'that cannot be written',
    { HOME: '/dev/null' },
    /The folder \S+ cannot be written: part of its path is a file/,
  ],
  ['that is empty', { HOME: '' }, /There is no home folder to keep state in/],
  ['that is no absolute path', { HOME: 'here' }, /There is no home folder to keep state in/],
];

describe.each(drawn(homes, 2))('with a home %s', (_what, home, words) => {
  const env = { XDG_STATE_HOME: '', ...home };

  beside('hzrelay dev points the number and puts it back, and says what a crash would mean', async () => {
    const theirs = 'https://theirs.example/voice';
    const number = '+15550001111';
    const twilio = await startTwilioRestSimulator({ numbers: [{ phoneNumber: number, voiceUrl: theirs }] });
    const port = await freePort();
    const relay = `http://127.0.0.1:${port}`;
    const all = { ...env, ...twilio.env, TWILIO_PHONE_NUMBER: number };
    const dev = CliProcess.start(['dev', lightAgent, '--port', String(port), '--public-url', relay], all);
    await dev.until('stdout', /arrive here/);
    await dev.until('stdout', /Until then, \+15550001111 is not restored after a crash/);
    expect(twilio.numbers[0]?.voiceUrl).toBe(`${relay}/twilio/voice`);
    const token = await dev.until('stdout', /HZRELAY_TOKEN=(\S+)/);

    const closed = await CliProcess.run(['logs', '--url', relay], env);
    expect(closed).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/wants its token: set HZRELAY_TOKEN/),
    });
    const logs = CliProcess.start(['logs', '--url', relay], { ...env, HZRELAY_TOKEN: token[1] ?? '' });
    await logs.until('stderr', /Connected to the relay/);

    dev.signal('SIGTERM');
    const { code, stdout, stderr } = await dev.ended;
    await twilio.close();
    expect(stdout).toMatch(words);
    expect(stdout).toMatch(/Until then hzrelay logs and call need HZRELAY_TOKEN/);
    expect(stdout + stderr).not.toMatch(/EACCES|ENOTDIR|EROFS|\n {4}at /);
    expect(code).toBe(143);
    expect(twilio.numbers[0]?.voiceUrl).toBe(theirs);
  });
});

beside(
  'a relay that only this machine can reach does not mention that it cannot write its state',
  async () => {
    const dev = CliProcess.start(['dev', lightAgent, '--port', '0'], {
      XDG_STATE_HOME: '',
      HOME: '/dev/null',
    });
    await dev.until('stdout', /LIVE/);
    dev.signal('SIGINT');
    const { stdout, stderr } = await dev.ended;
    expect(stdout + stderr).not.toMatch(/WARN|HZRELAY_TOKEN/);
  },
);

describe('hzrelay dev --record', () => {
  for (const [what, path, words] of drawn<readonly [string, () => string, RegExp]>(
    [
      ['a file', () => join(folder, 'file'), /^error: --record \S+ is a file\. Name a folder/],
      ['below a file', () => join(folder, 'file', 'calls'), /cannot be written: part of its path is a file/],
      [
        'where nothing can be written',
        () => '/proc/calls',
        /^error: --record \/proc\/calls cannot be written/,
      ],
    ],
    2,
  ))
    beside(`${what} is bad usage, found at the start`, async () => {
      const { code, stdout, stderr } = await CliProcess.run(['dev', '--port', '0', '--record', path()]);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(words);
    });

  for (const command of ['replay', 'call'])
    beside(`hzrelay ${command}: a file where nothing can be written is bad usage, too`, async () => {
      const wav = new URL('../../fixtures/audio/friday.wav', import.meta.url).pathname;
      const args =
        command === 'replay'
          ? ['replay', wav, '-o', '/proc/x.wav']
          : ['call', '--simulate', '--record', '/proc/x.wav'];
      const { code, stderr } = await CliProcess.run(args);
      expect(code).toBe(2);
      expect(stderr).toMatch(/\/proc\/x\.wav cannot be written/);
    });
});
