import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BrowserPlayout } from './browser-playout.js';

describe('a browser’s playout', () => {
  it('delays the first audio, and plays the rest without a gap, even if it arrives late or in bursts', () => {
    const playout = new BrowserPlayout(40);
    expect(playout.push(20, 100)).toBe(140);
    expect(playout.push(20, 120)).toBe(160);
    expect(playout.push(20, 179)).toBe(180);
    expect(playout.push(20, 179)).toBe(200);
    expect(playout.push(20, 190)).toBe(220);
  });

  it('delays audio again after it has run dry', () => {
    const playout = new BrowserPlayout(40);
    playout.push(20, 0);
    expect(playout.push(20, 60)).toBe(100);
    expect(playout.push(20, 500)).toBe(540);
  });

  it('counts heard and queued audio, without the gaps', () => {
    const playout = new BrowserPlayout(40);
    const at = (now: number): number[] => [playout.heardSamples(now), playout.queuedSamples(now)];
    expect(at(0)).toEqual([0, 0]);
    playout.push(20, 0);
    expect([at(0), at(40), at(50), at(60), at(400)]).toEqual([
      [0, 20],
      [0, 20],
      [10, 10],
      [20, 0],
      [20, 0],
    ]);
    playout.push(30, 400);
    expect([at(400), at(440), at(460), at(470)]).toEqual([
      [20, 30],
      [20, 30],
      [40, 10],
      [50, 0],
    ]);
  });

  it('loses nothing and overlaps nothing, whenever audio arrives', () => {
    const arrivals = fc.array(
      fc.record({ afterSamples: fc.nat(100), samples: fc.integer({ min: 1, max: 60 }) }),
    );
    fc.assert(
      fc.property(arrivals, fc.nat(80), (pushes, delaySamples) => {
        const playout = new BrowserPlayout(delaySamples);
        let [now, end, pushed] = [0, 0, 0];
        for (const { afterSamples, samples } of pushes) {
          now += afterSamples;
          const start = playout.push(samples, now);
          expect(start).toBeGreaterThanOrEqual(Math.max(end, now));
          expect(start).toBeLessThanOrEqual(Math.max(end, now + delaySamples));
          end = start + samples;
          pushed += samples;
          expect(playout.heardSamples(now) + playout.queuedSamples(now)).toBe(pushed);
        }
        expect(playout.heardSamples(end)).toBe(pushed);
      }),
    );
  });
});
