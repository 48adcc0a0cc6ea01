import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, jest } from '@jest/globals';
import { CliProcess } from '../../../test/harness/cli-process.js';
import { lightAgent } from '../../../test/harness/light-agents.js';
import { RelayCaller } from '../../../test/harness/relay-caller.js';
import { sideBySide } from '../../../test/harness/side-by-side.js';
import { drawn } from '../../../test/harness/thorough.js';

jest.setTimeout(180_000);

const audio = (name: string): string =>
  fileURLToPath(new URL(`../../../fixtures/audio/${name}.wav`, import.meta.url));

const beside = sideBySide();
afterAll(() => CliProcess.killAll());

/** A test with a folder of its own. */
function held(name: string, test: (folder: string) => Promise<void>): void {
  beside(name, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hzrelay-logs-'));
    await test(folder).finally(() => rm(folder, { recursive: true }));
  });
}

async function startDev(...args: string[]): Promise<{ dev: CliProcess; url: string }> {
  const dev = CliProcess.start(['dev', ...args]);
  const [, url = ''] = await dev.until('stdout', /is ready on (http:\S+)/);
  return { dev, url };
}

describe('hzrelay logs', () => {
  held('shows a call of another process, its past too, and outlives the relay', async (folder) => {
    const { dev, url } = await startDev(lightAgent, '--port', '0', '--record', join(folder, 'calls'));
    const port = new URL(url).port;
    const watcher = CliProcess.start(['logs'], { HZRELAY_PORT: port });
    await watcher.until('stderr', /^Connected to the relay at http:\/\/127\.0\.0\.1:\d+\.\n$/);
    const caller = await CliProcess.run(['replay', audio('friday'), '--url', url, '--barge-in', '300']);
    expect(caller.code).toBe(0);
    await watcher.until('stdout', /ended: hangup/);
    const [name = ''] = await readdir(join(folder, 'calls'));
    const id = name.slice(-8);

    const past = CliProcess.start([
      'logs',
      '--url',
      url,
      '--tail',
      '1000',
      '--session',
      id,
      '--type',
      'transcript',
    ]);
    await past.until('stdout', /^EVT {3}speech\.start → transcript\.final: 'friday'\n$/);
    past.signal('SIGTERM');
    expect(await past.ended).toMatchObject({ code: 143 });

    dev.signal('SIGINT');
    await dev.ended;
    await watcher.until('stderr', /The relay at .* is gone; waiting/);
    const again = await startDev(lightAgent, '--port', port);
    await watcher.until('stderr', /Reconnected\.\n$/);
    again.dev.signal('SIGKILL');
    watcher.signal('SIGINT');
    const { code, stdout } = await watcher.ended;
    expect(code).toBe(130);
    const log = (text: string): string[] => text.match(/^(INFO|EVT|OK|WARN|ERR) .*$/gm) ?? [];
    expect(stdout.trimEnd().split('\n')).toEqual(log(caller.stdout).map((line) => `${id}  ${line}`));
  });

  for (const [args, expected, message] of drawn<[string[], number, RegExp]>(
    [
      [['logs', '--url', 'http://127.0.0.1:9'], 1, /^error: No relay answers at http:\/\/127\.0\.0\.1:9: /],
      [['logs', '--url', 'ftp://x'], 2, /^error: --url ftp:\/\/x is not a relay's address/],
      [
        ['logs', '--type', 'llm'],
        2,
        /^error: --type 'llm' matches no event\. The events are: session\.start/,
      ],
      [['logs', '--session', 'x'], 2, /^error: --session x is not a session id/],
      [['logs', '--level', 'debug'], 2, /Allowed choices are info, warn, error/],
      [['logs', '--tail', '5000'], 2, /Give a number of events, 0 to 1000/],
    ],
    3,
  ))
    beside(`as ${JSON.stringify(args)} ends with ${expected} and says why`, async () => {
      const { code, stdout, stderr } = await CliProcess.run(args);
      expect(stderr).toMatch(message);
      expect({ code, stdout }).toEqual({ code: expected, stdout: '' });
    });
});

describe('hzrelay dev --record', () => {
  held('says where, and writes what hzrelay replay takes', async (folder) => {
    const calls = join(folder, 'calls');
    const { dev, url } = await startDev(lightAgent, '--port', '0', '--record', calls);
    await dev.until('stdout', new RegExp(`^INFO {2}Calls are recorded in ${calls}\\.\\n`));
    const { turns } = await RelayCaller.call(url, { behaviour: { bargeInMs: 300 } }).ended;
    expect(turns).toEqual([{ name: 'friday.wav', said: true, answered: true }]);
    dev.signal('SIGINT');
    expect(await dev.ended).toMatchObject({ code: 130, stderr: '' });
    const [name = ''] = await readdir(calls);
    const session = join(calls, name);
    expect((await readdir(session)).sort()).toEqual([
      'audio.wav',
      'config.json',
      'events.ndjson',
      'metrics.json',
      'trace.jsonl',
    ]);
    const again = await CliProcess.run([
      'replay',
      session,
      '--agent',
      lightAgent,
      '--expect',
      join(session, 'events.ndjson'),
      '--quiet',
    ]);
    expect(again.stdout).toMatch(/\nEqual to .*events\.ndjson\.\n$/);
    expect(again).toMatchObject({ code: 0, stderr: '' });
    const mixed = await CliProcess.run(['replay', session, audio('friday')]);
    expect(mixed.stderr).toMatch(/is the recording of a whole session\. Replay it alone\./);
    expect(mixed.code).toBe(2);
    const overIt = await CliProcess.run(['replay', session, '--barge-in', '100']);
    expect(overIt.stderr).toMatch(/--barge-in does not work with .*its caller keeps the original timing/);
    expect(overIt.code).toBe(2);
  });
});
