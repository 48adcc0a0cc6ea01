import { describe, expect, it } from '@jest/globals';
import { VirtualClock } from '../virtual-clock.js';
import { PaceCheck } from './pace-check.js';

/** Whether the check accepts five seconds of audio that claims `claimedMs` in each 20 ms. */
function passes(claimedMs: number): boolean {
  const clock = new VirtualClock();
  const check = new PaceCheck(clock);
  return Array.from({ length: 250 }).every(() => {
    clock.advance(20);
    return check.push(claimedMs);
  });
}

describe('the pace check', () => {
  it('accepts live audio', () => {
    expect(passes(20)).toBe(true);
  });

  it('detects a rate that is half or twice the real one', () => {
    expect(passes(10)).toBe(false);
    expect(passes(40)).toBe(false);
  });

  it('accepts live audio that begins with the backlog of a lost connection', () => {
    const clock = new VirtualClock();
    const check = new PaceCheck(clock);
    for (let frame = 0; frame < 500; frame++) expect(check.push(20)).toBe(true);
    for (let frame = 0; frame < 500; frame++) {
      clock.advance(20);
      expect(check.push(20)).toBe(true);
    }
  });

  it('accepts audio that arrives all at once, or with gaps', () => {
    const clock = new VirtualClock();
    const check = new PaceCheck(clock);
    for (let burst = 0; burst < 5; burst++) {
      for (let frame = 0; frame < 100; frame++) expect(check.push(20)).toBe(true);
      clock.advance(5000);
    }
  });
});
