import { expect, it, jest } from '@jest/globals';
import { runExampleTests } from '../../test/harness/example-tests.js';
import { isThorough } from '../../test/harness/thorough.js';

// Some whole calls in real time.
jest.setTimeout(180_000);

/** Of the calls, one transport and one failure of each kind; the thorough run holds them all. */
const names = isThorough
  ? []
  : ['the contracts', 'a config', '\\(twilio\\)', ', drop$', 'takes over \\(llm\\)'];

it('the example of vendors of one’s own passes its tests as it stands, without any key', async () => {
  const { code, stdout, stderr } = await runExampleTests('own-vendor/own-vendor.test.mjs', names);
  expect({ code, stdout, stderr }).toMatchObject({ code: 0, stderr: '' });
  for (const name of [
    'the contracts',
    'a config that cannot be used',
    'a whole call',
    'a service that fails',
    'is heard, answered and spoken (twilio)',
    'once is retried, and no word is lost or doubled: tts, drop',
  ])
    expect(stdout).toContain(`- ${name}\n`);
  expect(stdout).toMatch(/^# fail 0$/m);
});
