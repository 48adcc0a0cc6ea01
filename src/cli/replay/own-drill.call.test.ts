/** `hzrelay replay --drill --agent`: the providers of an agent file fail, here vendors of the user's own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { CliProcess } from '../../../test/harness/cli-process.js';

// Two calls in real time.
jest.setTimeout(180_000);

const path = (name: string): string => fileURLToPath(new URL(`../../../${name}`, import.meta.url));
const agent = ['--agent', path('examples/own-vendor/agent.mjs')];
let server: ChildProcess;
let env: Record<string, string>;

beforeAll(async () => {
  server = spawn(process.execPath, [path('examples/own-vendor/server.mjs'), '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(server.stdout!.setEncoding('utf8'), 'data')) as [string];
  env = Object.fromEntries(
    line
      .trim()
      .split(' ')
      .map((pair) => pair.split('=')),
  ) as Record<string, string>;
});
afterAll(async () => {
  await CliProcess.killAll();
  server.kill();
});

it('breaks them in real calls and says what became of each', async () => {
  const recording = path('fixtures/audio/friday.wav');
  const args = ['replay', recording, '--drill', 'llm-refuse', ...agent, '--json'];
  const { code, stdout, stderr } = await CliProcess.run(args, env);
  expect(stderr).toMatch(/^The calls are real: .*\n1 drill, all passed\.\n$/);
  expect(JSON.parse(stdout)).toMatchObject({
    drill: 'llm-refuse',
    passed: true,
    failed: 'connection, retried',
    callerHeard: '1 of 1 answers',
  });
  expect(code).toBe(0);
});

it.each([
  [['--drill', 'list'], 0, /^ {2}llm-stall +it does not begin to answer$/m],
  [['--drill', 'llm-truncated', 'x.wav'], 2, /There is no drill "llm-truncated"/],
  [['--drill', 'all', 'x.wav', '--shapes', '1'], 2, /--shapes is for simulated vendors/],
])('with %j ends with %i and says why', async (args, expected, words) => {
  const { code, stdout, stderr } = await CliProcess.run(['replay', ...args, ...agent], env);
  expect(stdout + stderr).toMatch(words);
  expect(code).toBe(expected);
});
