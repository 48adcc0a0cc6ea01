import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { emptyRing, latestFirst, ringWith, type LogRing } from './log-ring.js';

function ringOf(count: number, capacity: number): LogRing<number> {
  let ring = emptyRing<number>(capacity);
  for (let i = 0; i < count; i++) ring = ringWith(ring, i);
  return ring;
}

describe('the ring', () => {
  it('keeps the latest items: its capacity, and at most one block more', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1500 }), fc.integer({ min: 1, max: 700 }), (count, capacity) => {
        const ring = ringOf(count, capacity);
        const kept = [...latestFirst(ring)];
        expect(kept).toHaveLength(ring.length);
        expect(kept).toEqual(Array.from({ length: kept.length }, (_, i) => count - 1 - i));
        expect(kept.length).toBeGreaterThanOrEqual(Math.min(count, capacity));
        expect(kept.length).toBeLessThanOrEqual(capacity + 200);
      }),
      { numRuns: 40 },
    );
  });

  it('is not changed by an addition, which returns a new ring', () => {
    const before = ringOf(150, 1000);
    ringWith(before, 999);
    expect([...latestFirst(before)][0]).toBe(149);
  });
});
