import { describe, expect, it } from '@jest/globals';
import { drawn, isThorough, runs } from './thorough.js';

const cases = Array.from({ length: 103 }, (_, index) => index);

describe('drawn cases', () => {
  it('come one from each stretch, in order, the same each time', () => {
    const some = drawn(cases, 10);
    expect(drawn(cases, 10)).toEqual(some);
    if (isThorough) return expect(some).toEqual(cases);
    // Where each stretch of 10.3 cases begins.
    const begins = [0, 10, 20, 30, 41, 51, 61, 72, 82, 92];
    expect(some.map((at) => begins.findLastIndex((begin) => begin <= at))).toEqual([...begins.keys()]);
  });

  it('are all of them where there are few', () => {
    expect(drawn([1, 2, 3], 5)).toEqual([1, 2, 3]);
    expect(drawn([], 5)).toEqual([]);
  });
});

describe('runs of a property', () => {
  it('are a tenth, but enough to meet the common cases', () => {
    expect([runs(1000), runs(50), runs(5)]).toEqual(isThorough ? [1000, 50, 5] : [100, 20, 5]);
  });
});
