import { expect, it, jest } from '@jest/globals';
import { runExampleTests } from './harness/example-tests.js';

// Two whole calls in real time.
jest.setTimeout(180_000);

it('the example test of an agent passes unchanged', async () => {
  const { code, stdout, stderr } = await runExampleTests('test-your-agent.mjs');
  expect({ code, stdout, stderr }).toMatchObject({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^ok 1 - looks opening hours up \(twilio\)$/m);
  expect(stdout).toMatch(/^ok 2 - looks opening hours up \(webrtc\)$/m);
});
