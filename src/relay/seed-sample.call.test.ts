import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../core/clock.js';
import { replayCall, type ReplayResult } from '../replay/replay-call.js';
import { fixturesFor } from '../../test/harness/recordings.js';
import type { TransportType } from '../transport/transport.js';

// Each example is a process of its own that loads its models, and the call takes its time.
jest.setTimeout(180_000);

const examples = new URL('../../examples/', import.meta.url);
let running: ChildProcess | null = null;

afterEach(() => {
  running?.kill('SIGKILL');
  running = null;
});

interface Example {
  readonly url: string;
  /** Resolves once the process has ended by itself. */
  readonly ended: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Runs an example until its relay answers. It imports the package by name, as a user's file does. */
async function start(name: string): Promise<Example> {
  const url = `http://127.0.0.1:${await freePort()}`;
  const child = spawn(process.execPath, [fileURLToPath(new URL(name, examples))], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HZRELAY_PORT: new URL(url).port },
  });
  running = child;
  const written = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => (written[stream] += text));
  }
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...written }));
  while (child.exitCode === null) {
    const answer = await fetch(`${url}/healthz`).catch(() => null);
    if (answer?.ok) break;
  }
  return { url, ended };
}

async function call(url: string, via: TransportType = 'twilio'): Promise<ReplayResult> {
  return replayCall({
    url,
    via,
    events: { token: undefined },
    clock: systemClock,
    recordings: await fixturesFor(via, 'book-my-appointment'),
  });
}

describe('a plain file that uses the package', () => {
  it.each([
    ['phone-session.mjs', 'twilio', '+15550100001 calls'],
    ['web-session.mjs', 'webrtc', 'a browser calls'],
  ] as const)(
    '%s takes a call with an agent, and ends by itself when the caller has left',
    async (...sample) => {
      const [name, via, greeting] = sample;
      const { url, ended } = await start(name);
      const { events } = await call(url, via);
      expect(events.at(-1)).toMatchObject({ type: 'session.end', reason: 'hangup' });
      const { code, stdout, stderr } = await ended;
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout.split('\n')).toEqual([
        greeting,
        'caller: book my appointment',
        expect.stringMatching(/^agent: {2}\w/),
        expect.stringMatching(/^mouth→ear: \d+ ms$/),
        'over: hangup',
        '',
      ]);
    },
  );

  it('drives a call itself, and ends by itself as well', async () => {
    const { url, ended } = await start('you-drive.mjs');
    const { events } = await call(url);
    const heard = events.flatMap((event) => (event.type === 'turn.end' ? event.heardText : []));
    expect(heard).toEqual([
      'Hello. Say something, and I will say it back.',
      'You said: book my appointment.',
    ]);
    expect(await ended).toEqual({
      code: 0,
      stdout: 'said: You said: book my appointment.\nover: hangup\n',
      stderr: '',
    });
  });
});
