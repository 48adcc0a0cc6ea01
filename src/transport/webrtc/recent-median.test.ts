import { describe, expect, it } from '@jest/globals';
import { RecentMedian } from './recent-median.js';

describe('a recent median', () => {
  it('is unknown before the first value', () => {
    expect(new RecentMedian(5).value).toBeNull();
  });

  it('is the middle of the latest values by size, not by age', () => {
    const median = new RecentMedian(3);
    for (const value of [100, 100, 100, 7, 9, 8]) median.add(value);
    expect(median.value).toBe(8);
  });
});
