import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { VirtualClock } from './virtual-clock.js';

describe('the virtual clock', () => {
  it('stands still until a test moves it', () => {
    const clock = new VirtualClock();
    expect(clock.nowMs()).toBe(0);
    clock.advance(12.5);
    clock.advance(0);
    expect(clock.nowMs()).toBe(12.5);
  });

  it('fires each timer once, in the order of due times, then of setting, each at its own time', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -5, max: 50 })), fc.array(fc.nat(30)), (delays, steps) => {
        const clock = new VirtualClock();
        const fired: { index: number; atMs: number }[] = [];
        delays.forEach((delayMs, index) => {
          clock.setTimer(delayMs, () => fired.push({ index, atMs: clock.nowMs() }));
        });
        for (const step of [...steps, 50]) clock.advance(step);
        const expected = delays
          .map((delayMs, index) => ({ index, atMs: Math.max(0, delayMs) }))
          .sort((a, b) => a.atMs - b.atMs || a.index - b.index);
        expect(fired).toEqual(expected);
        expect(clock.pendingTimers).toBe(0);
      }),
    );
  });

  it('fires timers that a timer sets, if they fall due on the way', () => {
    const clock = new VirtualClock();
    const fired: number[] = [];
    const again = (): void => {
      fired.push(clock.nowMs());
      clock.setTimer(10, again);
    };
    clock.setTimer(10, again);
    clock.advance(35);
    expect(fired).toEqual([10, 20, 30]);
    expect(clock.pendingTimers).toBe(1);
  });

  it('fires no timer that was cancelled, also by a timer that is due at the same time', () => {
    const clock = new VirtualClock();
    const fired: string[] = [];
    clock.setTimer(10, () => {
      fired.push('first');
      second.cancel();
    });
    const second = clock.setTimer(10, () => fired.push('second'));
    clock.advance(10);
    expect(fired).toEqual(['first']);
    expect(clock.pendingTimers).toBe(0);
  });
});
