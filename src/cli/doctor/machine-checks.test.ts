import { describe, expect, it } from '@jest/globals';
import { nodeCheck, opusCheck, pageCheck, webRtcCheck } from './machine-checks.js';
import { runSelfTest } from './run-self-test.js';
import { speechCheck } from './speech-check.js';

const never = new AbortController().signal;
const env = { PATH: process.env.PATH, OPUS_FORCE_WASM: '1' };

describe('the check of Node', () => {
  it.each([
    ['20.19.0', 'ok'],
    ['20.20.2', 'ok'],
    ['22.0.0', 'ok'],
    ['20.18.9', 'problem'],
    ['18.20.0', 'problem'],
  ])('finds %s %s where 20.19 is needed', async (version, status) => {
    expect(await nodeCheck(version, '>=20.19').run(never)).toMatchObject({ status });
  });

  it('takes the needed version from the package', async () => {
    expect(await nodeCheck('10.0.0').run(never)).toMatchObject({
      message: expect.stringMatching(/hzrelay needs >=20\.19\.$/),
    });
  });
});

describe('the checks of this machine', () => {
  it('put a tone through the codec', async () => {
    expect(await opusCheck(env).run(never)).toMatchObject({ status: 'ok' });
  });

  it('hold a browser call of the machine with itself', async () => {
    expect(await webRtcCheck(env).run(never)).toMatchObject({ status: 'ok' });
  });

  it('say and recognise a word', async () => {
    expect(await speechCheck().run(never)).toMatchObject({ status: 'ok' });
  });

  it('find the page, or its absence', async () => {
    expect(await pageCheck(8787).run(never)).toMatchObject({ status: 'ok' });
    expect(await pageCheck(8787, new URL('./nothing-here/', import.meta.url)).run(never)).toMatchObject({
      status: 'problem',
      remedy: expect.stringContaining('npm run build'),
    });
  });
});

describe('a self-test', () => {
  it('that crashes does not crash this process', async () => {
    const crash = { ...env, NODE_OPTIONS: '--no-such-option' };
    expect(await runSelfTest('opus', { signal: never, env: crash })).toMatchObject({
      ok: false,
      message: expect.stringMatching(/^The test exited with code \d+: /),
    });
  });

  it('is killed when it is aborted', async () => {
    const abort = new AbortController();
    const result = runSelfTest('webrtc', { signal: abort.signal, env });
    abort.abort();
    expect(await result).toEqual({ ok: false, message: 'The test crashed (SIGKILL).' });
  });
});
