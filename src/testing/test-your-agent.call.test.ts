import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it, jest } from '@jest/globals';

// Two whole calls in real time.
jest.setTimeout(90_000);

it('the example of a test of one’s own agent passes as it stands', async () => {
  const example = fileURLToPath(new URL('../../examples/test-your-agent.mjs', import.meta.url));
  const child = spawn(process.execPath, ['--test', '--test-reporter=tap', example], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH },
  });
  const written = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].setEncoding('utf8').on('data', (text: string) => (written[stream] += text));
  const [code] = (await once(child, 'close')) as [number | null];
  expect({ code, ...written }).toMatchObject({ code: 0, stderr: '' });
  expect(written.stdout).toMatch(/^ok 1 - looks opening hours up \(twilio\)$/m);
  expect(written.stdout).toMatch(/^ok 2 - looks opening hours up \(webrtc\)$/m);
});
