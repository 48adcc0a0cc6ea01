import { expect, it, jest } from '@jest/globals';
import { runExampleTests } from '../../test/harness/example-tests.js';

// Some whole calls in real time.
jest.setTimeout(180_000);

it('the example of vendors of one’s own passes its tests as it stands, without any key', async () => {
  const { code, stdout, stderr } = await runExampleTests('own-vendor/own-vendor.test.mjs');
  expect({ code, stdout, stderr }).toMatchObject({ code: 0, stderr: '' });
  for (const name of [
    'the contracts',
    'a config that cannot be used',
    'a whole call',
    'a service that fails',
  ])
    expect(stdout).toContain(`- ${name}\n`);
  expect(stdout).toMatch(/^# fail 0$/m);
});
