import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { VirtualClock } from '../../../simulators/virtual-clock.js';
import { SpeakLimits } from './speak-limits.js';

describe('SpeakLimits', () => {
  it('never allows 20 flushes or 2400 characters within a minute', () => {
    const step = fc.record({
      waitMs: fc.integer({ min: 0, max: 9000 }),
      characters: fc.integer({ min: 1, max: 1800 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const clock = new VirtualClock();
        const limits = new SpeakLimits(clock);
        const sent: { atMs: number; characters: number }[] = [];
        for (const { waitMs, characters } of steps) {
          clock.advance(waitMs);
          if (!limits.takes(characters)) continue;
          limits.count(characters);
          sent.push({ atMs: clock.nowMs(), characters });
          const recent = sent.filter(({ atMs }) => atMs > clock.nowMs() - 60_000);
          expect(recent.length).toBeLessThan(20);
          expect(recent.reduce((sum, each) => sum + each.characters, 0)).toBeLessThan(2400);
        }
      }),
    );
  });

  it('takes everything again a good minute later', () => {
    const clock = new VirtualClock();
    const limits = new SpeakLimits(clock);
    for (let flush = 0; flush < 18; flush++) limits.count(100);
    expect([limits.takes(1), limits.isRoomy]).toEqual([false, false]);
    clock.advance(65_000);
    expect([limits.takes(1800), limits.isRoomy]).toEqual([true, true]);
  });
});
