import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PacedPlayout } from './paced-playout.js';

/** Samples whose values are their positions. */
function content(from: number, count: number): Int16Array {
  return Int16Array.from({ length: count }, (_, i) => ((from + i) % 30_000) + 1);
}

/** A playout with frames of four samples that keeps eight samples. */
function small(): PacedPlayout {
  return new PacedPlayout({ sampleRateHz: 200, keepMs: 40 });
}

function queue(playout: PacedPlayout, count: number): void {
  playout.queue(content(playout.queuedSamples, count));
}

function take(playout: PacedPlayout): number[] {
  const frame = new Int16Array(playout.frameSamples);
  const count = playout.take(frame);
  return [...frame.subarray(0, count)];
}

describe('paced playout', () => {
  it('returns frames of 20 ms, the last one padded with silence', () => {
    const playout = small();
    queue(playout, 6);
    const frame = new Int16Array(4).fill(99);
    expect(playout.take(frame)).toBe(4);
    expect(playout.take(frame)).toBe(2);
    expect([...frame]).toEqual([5, 6, 0, 0]);
    expect(playout.take(frame)).toBe(0);
    expect(playout.waits).toBe(false);
  });

  it('returns every sample once and in order, however it was queued', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 11 }), { maxLength: 60 }), (pieces) => {
        const playout = small();
        const given: number[] = [];
        for (const piece of pieces) {
          queue(playout, piece);
          if (piece % 3 === 0) given.push(...take(playout));
        }
        while (playout.waits) given.push(...take(playout));
        expect(given).toEqual([...content(0, playout.queuedSamples)]);
        expect(playout.sentSamples).toBe(playout.queuedSamples);
      }),
    );
  });

  it('repeats sent audio from a position, as far as it is kept', () => {
    const playout = small();
    for (let i = 0; i < 10; i++) queue(playout, 4);
    for (let i = 0; i < 8; i++) take(playout);
    playout.rewind(28);
    expect(take(playout)).toEqual([29, 30, 31, 32]);
    playout.rewind(0);
    const [oldest = 0] = take(playout);
    expect(oldest).toBeGreaterThan(1);
    expect(oldest).toBeLessThanOrEqual(32 - 8 + 1);
  });

  it('plays to the end after any rewind, without a gap', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 60 }), (taken, to) => {
        const playout = new PacedPlayout({ sampleRateHz: 200, keepMs: 10_000 });
        for (let i = 0; i < 10; i++) queue(playout, 5);
        for (let i = 0; i < taken; i += 4) take(playout);
        const from = Math.min(to, playout.sentSamples);
        playout.rewind(to);
        const rest: number[] = [];
        while (playout.waits) rest.push(...take(playout));
        expect(rest).toEqual([...content(from, 50 - from)]);
      }),
    );
  });

  it('drops waiting audio; positions continue', () => {
    const playout = small();
    queue(playout, 10);
    take(playout);
    playout.drop();
    expect(playout.waits).toBe(false);
    expect(playout.sentSamples).toBe(10);
    queue(playout, 2);
    playout.rewind(0);
    expect(take(playout)).toEqual([11, 12]);
  });

  it('does not keep audio that no resume can repeat', () => {
    const playout = small();
    for (let i = 0; i < 1000; i++) {
      queue(playout, 4);
      take(playout);
    }
    playout.rewind(0);
    expect(4000 - playout.sentSamples).toBeLessThanOrEqual(12);
  });
});
