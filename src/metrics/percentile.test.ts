import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { percentile, summarise } from './percentile.js';

describe('a percentile', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);

  it.each([
    [0, 1],
    [0.01, 1],
    [0.5, 50],
    [0.95, 95],
    [0.951, 96],
    [1, 100],
  ])('share %d of 1 to 100 is %i, by nearest rank', (share, expected) => {
    expect(percentile(hundred, share)).toBe(expected);
  });

  it('is null for no values', () => {
    expect(percentile([], 0.5)).toBeNull();
  });

  it('is one of the values, with at least that share of them at or below it, and fewer below it', () => {
    const values = fc.array(fc.integer(), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(values, fc.constantFrom(0.5, 0.95, 1), (given, share) => {
        const value = percentile(given, share) ?? NaN;
        expect(given).toContain(value);
        expect(given.filter((other) => other <= value).length / given.length).toBeGreaterThanOrEqual(share);
        expect(given.filter((other) => other < value).length / given.length).toBeLessThan(share);
      }),
    );
  });
});

describe('a summary', () => {
  it('gives count, last, median, 95th percentile and maximum, and leaves the values unchanged', () => {
    const values = [300, 100, 200];
    expect(summarise(values)).toEqual({ count: 3, last: 200, p50: 200, p95: 300, max: 300 });
    expect(values).toEqual([300, 100, 200]);
  });

  it('of no values has only nulls', () => {
    expect(summarise([])).toEqual({ count: 0, last: null, p50: null, p95: null, max: null });
  });
});
