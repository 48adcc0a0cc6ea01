import { describe, expect, it } from '@jest/globals';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import type { Finding } from './check.js';
import { ngrokCheck } from './ngrok-check.js';
import type { SelfTestResult } from './run-self-test.js';

function check(result: SelfTestResult): Promise<Finding> {
  const env = { NGROK_AUTHTOKEN: 'a-token' };
  return ngrokCheck(env, new VirtualClock(), () => Promise.resolve(result)).run(new AbortController().signal);
}

describe('the check of ngrok', () => {
  it('without a token says how to get one, and tries nothing', async () => {
    const found = await ngrokCheck({}, new VirtualClock(), () => Promise.reject(new Error('tried'))).run(
      AbortSignal.timeout(1000),
    );
    expect(found).toMatchObject({ status: 'note', remedy: expect.stringContaining('NGROK_AUTHTOKEN') });
  });

  it('gives up on a service that answers nothing, and ends the attempt', async () => {
    const clock = new VirtualClock();
    let attempt = new AbortController().signal;
    const found = ngrokCheck({ NGROK_AUTHTOKEN: 'a-token' }, clock, (_name, { signal }) => {
      attempt = signal;
      return new Promise(() => undefined);
    }).run(new AbortController().signal);
    clock.advance(10_000);
    expect(await found).toMatchObject({ status: 'problem', message: expect.stringContaining('within 10 s') });
    expect(attempt.aborted).toBe(true);
  });

  it('is content with a token that is taken', async () => {
    expect(await check({ ok: true })).toMatchObject({ status: 'ok' });
  });

  it.each<[string, SelfTestResult, Partial<Finding>]>([
    [
      'a token that is refused',
      { ok: false, message: 'authentication failed', code: 'ERR_NGROK_105' },
      {
        status: 'problem',
        remedy: 'Read https://ngrok.com/docs/errors/err_ngrok_105 and check NGROK_AUTHTOKEN.',
      },
    ],
    [
      'agents that are all connected',
      { ok: false, message: 'Your account is limited. ERR_NGROK_108' },
      { status: 'note' },
    ],
    [
      'a service that is not reached',
      { ok: false, message: 'failed to connect session' },
      { status: 'problem', message: 'ngrok cannot be reached: failed to connect session' },
    ],
    [
      'a package that is not there',
      { ok: false, message: "Cannot find package '@ngrok/ngrok'" },
      { status: 'problem', remedy: 'Install it with: npm install @ngrok/ngrok' },
    ],
    [
      'a crash',
      { ok: false, message: 'The test crashed (SIGSEGV).' },
      { status: 'problem', message: expect.stringContaining('SIGSEGV') as unknown as string },
    ],
  ])('tells of %s', async (_what, result, finding) => {
    expect(await check(result)).toMatchObject(finding);
  });
});
