import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ArrivalJitter } from './arrival-jitter.js';

const ticksPerMs = 48;

/** Packets of 20 ms, the n-th arriving `delaysMs[n]` after it was sent. */
function observe(delaysMs: readonly number[], startTimestamp = 0): ArrivalJitter {
  const arrivals = new ArrivalJitter(48_000);
  delaysMs.forEach((delayMs, index) => {
    arrivals.observe((startTimestamp + index * 20 * ticksPerMs) % 2 ** 32, index * 20 + delayMs);
  });
  return arrivals;
}

const steady = (packets: number): number[] => Array<number>(packets).fill(30);

describe('the jitter of arriving packets', () => {
  it('is zero for equal transit times, and approaches the mean difference of neighbours', () => {
    expect(observe(steady(100)).jitterMs).toBe(0);
    const alternating = steady(400).map((delayMs, index) => delayMs + (index % 2) * 12);
    expect(observe(alternating).jitterMs).toBeCloseTo(12, 5);
  });

  it('handles timestamps that wrap', () => {
    expect(observe(steady(100), 2 ** 32 - 20_000).jitterMs).toBe(0);
  });
});

describe('the latest arrival of a packet', () => {
  const latestDelayMs = (arrivals: ArrivalJitter, index: number): number =>
    arrivals.latestArrivalMs(index * 20 * ticksPerMs) - index * 20;

  it('is as late as the slowest packet of the last seconds', () => {
    const delaysMs = steady(100);
    delaysMs[60] = 75;
    expect(latestDelayMs(observe(delaysMs), 100)).toBeCloseTo(75);
  });

  it('forgets a slow packet after four seconds at most', () => {
    const delaysMs = steady(300);
    delaysMs[60] = 75;
    expect(latestDelayMs(observe(delaysMs), 300)).toBeCloseTo(30);
  });

  it('allows for 60 ms at first', () => {
    expect(latestDelayMs(observe(steady(2)), 2)).toBeCloseTo(90);
  });

  it('is never earlier than that of any packet in the last two seconds', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 1, maxLength: 100 }),
        (delaysMs) => {
          expect(latestDelayMs(observe(delaysMs), delaysMs.length)).toBeGreaterThanOrEqual(
            Math.max(...delaysMs) - 1e-6,
          );
        },
      ),
    );
  });
});
