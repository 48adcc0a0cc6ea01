import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { CallState, CallStatus } from '../../telephony/twilio-account.js';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import { followCall, type FollowOptions } from './follow-call.js';

const callSid = 'CA1';
const state = (status: CallStatus): CallState => ({ callSid, status, durationS: null });

let clock: VirtualClock;
let shown: string[];
let troubles: unknown[];
let ended: number;
/** What Twilio says when, by the clock; errors are thrown. */
let timeline: [number, CallStatus | Error][];
let asked: number[];

beforeEach(() => {
  clock = new VirtualClock();
  shown = [];
  troubles = [];
  ended = 0;
  asked = [];
});

function follow(more: Partial<FollowOptions> = {}): Promise<CallState> {
  return followCall({
    account: {
      callState: () => {
        asked.push(clock.nowMs());
        const now = timeline.findLast(([atMs]) => atMs <= clock.nowMs())?.[1] ?? 'queued';
        return now instanceof Error ? Promise.reject(now) : Promise.resolve(state(now));
      },
      endCall: () => {
        ended++;
        return Promise.resolve();
      },
    },
    call: state('queued'),
    clock,
    onStatus: (status) => shown.push(`${clock.nowMs()} ${status}`),
    onTrouble: (thrown) => troubles.push(thrown),
    sessionEnded: new Promise(() => undefined),
    signal: new AbortController().signal,
    ...more,
  });
}

/** Moves the time until the promise has settled. */
async function run<T>(promise: Promise<T>, limitMs = 60_000): Promise<T> {
  const settled = new AbortController();
  const mark = (): void => settled.abort();
  promise.then(mark, mark);
  for (;;) {
    for (let turn = 0; turn < 3; turn++) await nextTurn();
    if (settled.signal.aborted) return promise;
    if (clock.nowMs() > limitMs) throw new Error('Nothing came of it.');
    clock.advance(50);
  }
}

describe('a call that is followed', () => {
  it('shows every status once, and is over with the last', async () => {
    timeline = [
      [1500, 'ringing'],
      [3500, 'in-progress'],
      [9000, 'completed'],
    ];
    expect(await run(follow())).toEqual(state('completed'));
    expect(shown).toEqual(['0 queued', '2000 ringing', '4000 in-progress', '9000 completed']);
    expect(ended).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('is asked for at once when the relay’s end of it is over', async () => {
    timeline = [
      [0, 'in-progress'],
      [2200, 'completed'],
    ];
    const sessionEnded = new Promise<void>((resolve) => clock.setTimer(2100, resolve));
    await run(follow({ sessionEnded }));
    expect(asked).toEqual([1000, 2000, 2100, 2350]);
  });

  it('is hung up by the signal, and followed to its end all the same', async () => {
    timeline = [[0, 'in-progress']];
    const stop = new AbortController();
    clock.setTimer(1500, () => {
      stop.abort();
      timeline = [[2500, 'completed']];
    });
    expect(await run(follow({ signal: stop.signal }))).toEqual(state('completed'));
    expect(ended).toBe(1);
    expect(shown.at(-1)).toBe('2500 completed');
    expect(clock.pendingTimers).toBe(0);
  });

  it('is hung up again where Twilio could not be told the first time', async () => {
    timeline = [[0, 'in-progress']];
    const trouble = new Error('It cannot be reached.');
    let attempts = 0;
    const account = {
      callState: () => Promise.resolve(state(attempts > 2 ? 'completed' : 'in-progress')),
      endCall: () => (++attempts > 2 ? Promise.resolve() : Promise.reject(trouble)),
    };
    expect(await run(follow({ account, signal: AbortSignal.abort() }))).toEqual(state('completed'));
    expect(attempts).toBe(3);
    expect(troubles).toEqual([trouble, trouble]);
  });

  it('is given up 15 s after it was hung up', async () => {
    timeline = [[0, 'in-progress']];
    expect(await run(follow({ signal: AbortSignal.abort() }))).toEqual(state('in-progress'));
    expect(ended).toBe(1);
    expect(clock.nowMs()).toBeLessThan(16_000);
  });

  it('goes on while Twilio cannot be asked for a while, which is said once', async () => {
    const trouble = new Error('It cannot be reached.');
    timeline = [
      [0, 'in-progress'],
      [2000, trouble],
      [6500, 'completed'],
    ];
    expect(await run(follow())).toEqual(state('completed'));
    expect(troubles).toEqual([trouble]);
  });

  it('is hung up and given up when Twilio cannot be asked any more', async () => {
    timeline = [[0, new Error('It cannot be reached.')]];
    await expect(run(follow())).rejects.toThrow('It cannot be reached.');
    expect(asked).toHaveLength(10);
    expect(ended).toBe(1);
  });
});
