import { describe, expect, it } from '@jest/globals';
import type { Clock, Timer } from '../../core/clock.js';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import { LineSilence } from './line-silence.js';

const limitMs = 1000;

/** A line whose audio comes in bunches of so many milliseconds. Returns when silence was noticed, if it was. */
function silencesOf(bunches: readonly number[]): number[] {
  const clock = new VirtualClock();
  const silences: number[] = [];
  const line = new LineSilence(clock, limitMs, () => silences.push(clock.nowMs()));
  line.watch();
  for (const ms of bunches) {
    clock.advance(ms);
    line.heard();
  }
  line.stop();
  expect(clock.pendingTimers).toBe(0);
  return silences;
}

/** An event loop that may stand still: then a timer fires once, late, before anything else happens. */
class StallingClock implements Clock {
  #nowMs = 0;
  readonly #timers = new Set<{ readonly dueMs: number; readonly callback: () => void }>();

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#nowMs;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const timer = { dueMs: this.#nowMs + delayMs, callback };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  stall(ms: number): void {
    this.#nowMs += ms;
    for (const timer of [...this.#timers]) {
      if (timer.dueMs > this.#nowMs || !this.#timers.delete(timer)) continue;
      timer.callback();
    }
  }
}

describe('the silence of a line', () => {
  it('is noticed once, a second to five quarters after the last audio', () => {
    for (const lastMs of [0, 20, 240, 260, 490]) {
      const clock = new VirtualClock();
      const silences: number[] = [];
      const line = new LineSilence(clock, limitMs, () => silences.push(clock.nowMs()));
      line.watch();
      for (let ms = 0; ms < lastMs; ms += 10) {
        clock.advance(10);
        line.heard();
      }
      clock.advance(10_000);
      expect(silences).toHaveLength(1);
      expect(silences[0]! - lastMs).toBeGreaterThanOrEqual(limitMs);
      expect(silences[0]! - lastMs).toBeLessThanOrEqual(1.25 * limitMs);
      expect(clock.pendingTimers).toBe(0);
    }
  });

  it.each([20, 200, 500, 990])('is none where audio comes in bunches of %i ms', (bunchMs) => {
    expect(silencesOf(Array.from({ length: 20 }, () => bunchMs))).toEqual([]);
  });

  it('is no stall of the event loop, behind which audio comes', () => {
    const clock = new StallingClock();
    const silences: number[] = [];
    const line = new LineSilence(clock, limitMs, () => silences.push(clock.nowMs()));
    line.watch();
    for (let stall = 0; stall < 5; stall++) {
      clock.stall(5000);
      line.heard();
    }
    expect(silences).toEqual([]);
    line.stop();
  });

  it('is not looked for unless watched', () => {
    const clock = new VirtualClock();
    const line = new LineSilence(clock, limitMs, () => expect('called').toBe('never'));
    line.heard();
    line.watch();
    line.stop();
    clock.advance(10_000);
    expect(clock.pendingTimers).toBe(0);
  });
});
