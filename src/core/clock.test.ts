import { setImmediate as nextTick } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { delay, systemClock, within } from './clock.js';
import { VirtualClock } from '../simulators/virtual-clock.js';

describe('delay', () => {
  it('resolves after the delay, not before', async () => {
    const clock = new VirtualClock();
    let done = false;
    const waiting = delay(clock, 100).then(() => (done = true));
    clock.advance(99);
    await nextTick();
    expect(done).toBe(false);
    clock.advance(1);
    await waiting;
  });

  it("rejects with the signal's reason on abort, and leaves no timer", async () => {
    const clock = new VirtualClock();
    const abort = new AbortController();
    const waiting = delay(clock, 100, abort.signal);
    abort.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    expect(clock.pendingTimers).toBe(0);
  });

  it('sets no timer if the signal is already aborted', async () => {
    const clock = new VirtualClock();
    const waiting = delay(clock, 100, AbortSignal.abort(new Error('too late')));
    expect(clock.pendingTimers).toBe(0);
    await expect(waiting).rejects.toThrow('too late');
  });

  it('ignores an abort after it resolved', async () => {
    const clock = new VirtualClock();
    const abort = new AbortController();
    const waiting = delay(clock, 100, abort.signal);
    clock.advance(100);
    abort.abort();
    await expect(waiting).resolves.toBeUndefined();
  });
});

describe('within', () => {
  it('is true if the promise resolves in time, and leaves no timer', async () => {
    const clock = new VirtualClock();
    expect(await within(clock, 100, Promise.resolve('x'))).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });

  it('is false once the time is up, and ignores a later rejection of the promise', async () => {
    const clock = new VirtualClock();
    const late = delay(clock, 200).then(() => Promise.reject(new Error('late')));
    const answer = within(clock, 100, late);
    clock.advance(100);
    expect(await answer).toBe(false);
    clock.advance(100);
    await expect(late).rejects.toThrow('late');
    await nextTick();
    expect(clock.pendingTimers).toBe(0);
  });

  it('rejects if the promise rejects, and leaves no timer', async () => {
    const clock = new VirtualClock();
    await expect(within(clock, 100, Promise.reject(new Error('bad')))).rejects.toThrow('bad');
    expect(clock.pendingTimers).toBe(0);
  });
});

describe("the machine's clock", () => {
  it('never goes back, fires an overdue timer soon but not synchronously, and cancels timers', async () => {
    const before = systemClock.nowMs();
    const fired: string[] = [];
    systemClock.setTimer(0, () => fired.push('cancelled')).cancel();
    const done = new Promise<void>((resolve) => {
      systemClock.setTimer(-5, () => {
        fired.push('fired');
        resolve();
      });
    });
    expect(fired).toEqual([]);
    await done;
    expect(fired).toEqual(['fired']);
    expect(systemClock.nowMs()).toBeGreaterThanOrEqual(before);
  });
});
