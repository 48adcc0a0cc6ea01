import { expect, it, jest } from '@jest/globals';
import { runExampleTests } from './harness/example-tests.js';
import { drawn } from './harness/thorough.js';

// Whole calls in real time.
jest.setTimeout(180_000);

it('the example test of an agent passes unchanged', async () => {
  const transports = drawn(['twilio', 'webrtc'], 1);
  const names = transports.map((via) => `\\(${via}\\)`);
  const { code, stdout, stderr } = await runExampleTests('test-your-agent.mjs', names);
  expect({ code, stdout, stderr }).toMatchObject({ code: 0, stderr: '' });
  for (const name of names)
    expect(stdout).toMatch(new RegExp(`^ok \\d - looks opening hours up ${name}$`, 'm'));
});
