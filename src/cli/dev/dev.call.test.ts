import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, jest } from '@jest/globals';
import type { SessionEvent } from '../../events/session-event.js';
import { CliProcess } from '../../../test/harness/cli-process.js';
import { talkativeAgent } from '../../../test/harness/light-agents.js';
import { RelayCaller } from '../../../test/harness/relay-caller.js';
import { sideBySide } from '../../../test/harness/side-by-side.js';
import { drawn } from '../../../test/harness/thorough.js';

jest.setTimeout(180_000);

const audio = (name: string): string =>
  fileURLToPath(new URL(`../../../fixtures/audio/${name}.wav`, import.meta.url));

const beside = sideBySide();
afterAll(() => CliProcess.killAll());

/** A relay that is ready, and its address. With --json its introduction is on stderr. */
async function startDev(
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<{ dev: CliProcess; url: string }> {
  const dev = CliProcess.start(['dev', '--port', '0', ...args], env);
  const stream = args.includes('--json') ? 'stderr' : 'stdout';
  const [, url = ''] = await dev.until(stream, /is ready on (http:\S+)/);
  await dev.until(stream, /\[ SYS_LOG \] LIVE\n/);
  return { dev, url };
}

describe('hzrelay dev', () => {
  beside('answers a caller in another process, both show the same call, and Ctrl-C ends it', async () => {
    const { dev, url } = await startDev();
    const args = ['replay', audio('friday'), '--url', url, '--barge-in', '300'];
    const caller = await CliProcess.run(args);
    expect(caller).toMatchObject({ code: 0, stderr: '' });
    dev.signal('SIGINT');
    const { code, stdout, stderr } = await dev.ended;
    expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
    const log = (text: string): string[] => text.match(/^(INFO|EVT|OK|WARN|ERR) .*$/gm) ?? [];
    expect(log(caller.stdout)).toContain("EVT   speech.start → transcript.final: 'friday'");
    expect(log(stdout)).toEqual(log(caller.stdout));
    expect(stdout).toMatch(/ended: hangup after .*\nStopped\.\n$/);
    expect(stdout).not.toContain('\u001b');
  });

  beside('ends a running call politely on SIGTERM; with --json its stdout is events alone', async () => {
    const { dev, url } = await startDev([talkativeAgent, '--json']);
    const caller = CliProcess.start(['replay', audio('book-my-appointment'), '--url', url]);
    await dev.until('stdout', /"tts\.audio_start"/);
    dev.signal('SIGTERM');
    const { code, stdout, stderr } = await dev.ended;
    expect(code).toBe(143);
    expect(stderr).toMatch(/Ending 1 call; press Ctrl-C again to stop at once\.\nStopped\.\n$/);
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as SessionEvent);
    expect(events.at(-1)).toMatchObject({ type: 'session.end', reason: 'shutdown' });
    const heard = await caller.ended;
    expect(heard).toMatchObject({
      code: 1,
      stderr: 'error: book-my-appointment.wav was not played to its end: the relay ended the call.\n',
    });
    expect(heard.stdout).toMatch(/ended: shutdown/);
  });

  beside('waits for a caller who does not let go, but not after a second signal', async () => {
    const { dev, url } = await startDev([talkativeAgent]);
    const caller = CliProcess.start(['replay', audio('book-my-appointment'), '--url', url]);
    await dev.until('stdout', /tts\.audio_start/);
    caller.signal('SIGSTOP');
    dev.signal('SIGINT');
    await dev.until('stdout', /Ending 1 call/);
    dev.signal('SIGTERM');
    const { code, stdout } = await dev.ended;
    expect(code).toBe(143);
    expect(stdout).not.toContain('Stopped.');
  });

  beside('that the outside can reach asks callers for its token and their signature', async () => {
    const secret = { TWILIO_AUTH_TOKEN: 'not-the-real-one' };
    const { dev, url } = await startDev([talkativeAgent, '--host', '0.0.0.0'], secret);
    const [, token = ''] = await dev.until('stdout', /HZRELAY_TOKEN=(\S+)/);
    const args = ['replay', audio('no'), '--url', url];
    const [stranger, unsigned] = await Promise.all([
      // Another user, who cannot read the token that the relay left for its own user.
      CliProcess.run(args, { ...secret, XDG_STATE_HOME: join(tmpdir(), 'hzrelay-of-another-user') }),
      CliProcess.run(args, { HZRELAY_TOKEN: token }),
    ]);
    expect(stranger).toMatchObject({ code: 1, stdout: '' });
    expect(stranger.stderr).toMatch(/wants its token: set HZRELAY_TOKEN/);
    expect(unsigned).toMatchObject({ code: 1, stdout: '' });
    expect(unsigned.stderr).toMatch(/answered 403: .*TWILIO_AUTH_TOKEN/);
    const known = RelayCaller.call(url, { env: { ...secret, HZRELAY_TOKEN: token } });
    await known.until('tts.audio_start');
    await known.hangUp();
  });
});

describe('hzrelay dev that cannot begin', () => {
  beside('on a port in use says so and how to choose another', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? String(address?.port) : '';
    const { code, stdout, stderr } = await CliProcess.run(['dev', '--port', port]);
    server.close();
    expect(stderr).toMatch(new RegExp(`Port ${port} on 127\\.0\\.0\\.1 is in use.*--port or HZRELAY_PORT`));
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });

  for (const [args, env, message] of drawn<[string[], Record<string, string>, RegExp]>(
    [
      [['dve'], {}, /unknown command 'dve'\n\(Did you mean dev\?\)/],
      [['dev', '--prot', '1'], {}, /unknown option '--prot'\n\(Did you mean --port\?\)/],
      [['dev', '--port', '99999'], {}, /Give a port, 0 to 65535/],
      [['dev'], { HZRELAY_PORT: 'abc' }, /^error: HZRELAY_PORT is 'abc'\. Give a port/],
      [
        ['dev', '--public-url', 'foo'],
        {},
        /^error: --public-url 'foo' is no base address\. Give the address that/,
      ],
      [['dev', '--public-url', 'https://me:secret@x.com'], {}, /^error: --public-url holds credentials\./],
      [
        ['dev', '--allow-origin', 'http://localhost:5173', '--allow-origin', '*'],
        {},
        /^error: --allow-origin is '\*'\. Give scheme, host and port/,
      ],
      [[], {}, /^Usage: hzrelay/],
    ],
    4,
  ))
    beside(`as ${JSON.stringify([args, env])} says so and ends with 2`, async () => {
      const { code, stdout, stderr } = await CliProcess.run(args, env);
      expect(stderr).toMatch(message);
      expect(stderr).not.toMatch(/secret| {4}at /);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    });
});

for (const args of drawn([['--version'], ['--help'], ['dev', '--help'], ['help', 'replay']], 2))
  beside(`hzrelay ${args.join(' ')} answers on stdout, in lines of 80 columns`, async () => {
    const { code, stdout, stderr } = await CliProcess.run(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(Math.max(...stdout.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(80);
  });
