import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import { runChecks, type Check, type CheckResult, type Finding } from './check.js';

const fine: Finding = { status: 'ok', message: 'Fine.' };

/** A check that ends on demand, or never, and records whether it was aborted. */
function held(name: string): { check: Check; end: (finding: Finding) => void; wasStopped: () => boolean } {
  let end: (finding: Finding) => void = () => undefined;
  let signal = new AbortController().signal;
  return {
    check: {
      name,
      run(given) {
        signal = given;
        return new Promise((resolve) => {
          end = resolve;
        });
      },
    },
    end: (finding) => end(finding),
    wasStopped: () => signal.aborted,
  };
}

function start(checks: readonly Check[]) {
  const clock = new VirtualClock();
  const abort = new AbortController();
  const heard: CheckResult[] = [];
  const results = runChecks(checks, {
    clock,
    signal: abort.signal,
    limitMs: 5000,
    onResult: (result) => heard.push(result),
  });
  return { clock, abort, heard, results };
}

describe('checks', () => {
  it('run concurrently, report each result at once, and return all in order', async () => {
    const [slow, quick] = [held('slow'), held('quick')];
    const { results, heard, clock } = start([slow.check, quick.check]);
    quick.end(fine);
    await nextTurn();
    slow.end({ status: 'note', message: 'Hm.', remedy: 'Wait.' });
    expect(await results).toEqual([
      { name: 'slow', status: 'note', message: 'Hm.', remedy: 'Wait.' },
      { name: 'quick', ...fine },
    ]);
    expect(heard.map(({ name }) => name)).toEqual(['quick', 'slow']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('that throw have found a problem', async () => {
    const { results } = start([{ name: 'broken', run: () => Promise.reject(new Error('Out of luck.')) }]);
    expect(await results).toEqual([{ name: 'broken', status: 'problem', message: 'Out of luck.' }]);
  });

  it('that take too long are aborted one by one', async () => {
    const [stuck, other] = [held('stuck'), held('other')];
    const { results, clock } = start([stuck.check, other.check]);
    other.end(fine);
    await nextTurn();
    clock.advance(5000);
    const [result] = await results;
    expect(result).toMatchObject({ status: 'problem', message: 'The check timed out after 5 s.' });
    expect([stuck.wasStopped(), other.wasStopped()]).toEqual([true, false]);
  });

  it('are all aborted by the signal', async () => {
    const [one, other] = [held('one'), held('other')];
    const { results, abort } = start([one.check, other.check]);
    abort.abort();
    expect([one.wasStopped(), other.wasStopped()]).toEqual([true, true]);
    expect((await results).map(({ message }) => message)).toEqual([
      'The check was aborted.',
      'The check was aborted.',
    ]);
  });
});
