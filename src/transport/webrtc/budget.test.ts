import { describe, expect, it } from '@jest/globals';
import { VirtualClock } from '../../simulators/virtual-clock.js';
import { Budget } from './budget.js';

/** How many of `tries` are allowed at this moment. */
function spent(budget: Budget, tries: number): number {
  return Array.from({ length: tries }, () => budget.spend()).filter(Boolean).length;
}

describe('a budget', () => {
  it('allows a burst, then the given rate', () => {
    const clock = new VirtualClock();
    const budget = new Budget(clock, 10, 0.5);
    expect(spent(budget, 100)).toBe(10);
    clock.advance(1999);
    expect(spent(budget, 100)).toBe(0);
    clock.advance(1);
    expect(spent(budget, 100)).toBe(1);
  });

  it('never saves more than its burst', () => {
    const clock = new VirtualClock();
    const budget = new Budget(clock, 10, 0.5);
    clock.advance(3_600_000);
    expect(spent(budget, 100)).toBe(10);
  });
});
