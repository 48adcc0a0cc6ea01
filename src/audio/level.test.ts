import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { amplitudeOf, isAudible, peak, rmsDbfs, silenceDbfs } from './level.js';

const sine = (amplitude: number): Int16Array =>
  Int16Array.from({ length: 800 }, (_, i) => Math.round(amplitude * Math.sin((2 * Math.PI * i) / 40)));

describe('level', () => {
  it('puts a full-scale square wave at 0 dBFS and a full-scale sine at -3', () => {
    expect(rmsDbfs(Int16Array.of(-32768, -32768))).toBeCloseTo(0, 6);
    expect(rmsDbfs(sine(32767))).toBeCloseTo(-3.01, 2);
    expect(rmsDbfs(sine(3277))).toBeCloseTo(-23.01, 1);
  });

  it('reports a finite level for digital silence and for no samples', () => {
    expect(rmsDbfs(new Int16Array(160))).toBe(silenceDbfs);
    expect(rmsDbfs(new Int16Array(0))).toBe(silenceDbfs);
    expect(isAudible(new Int16Array(0), silenceDbfs)).toBe(false);
  });

  it('finds the largest magnitude on either side of zero', () => {
    expect(peak(Int16Array.of(3, -32768, 32767))).toBe(32768);
    expect(peak(Int16Array.of(3, -32768, 7), 2)).toBe(7);
    expect(peak(new Int16Array(0))).toBe(0);
  });

  it('counts as audible exactly from the threshold', () => {
    fc.assert(
      fc.property(
        fc.int16Array({ minLength: 1, maxLength: 200 }),
        fc.double({ min: -90, max: 0, noNaN: true }),
        (samples, thresholdDbfs) => {
          const level = rmsDbfs(samples);
          fc.pre(Math.abs(level - thresholdDbfs) > 1e-6);
          expect(isAudible(samples, thresholdDbfs)).toBe(level > thresholdDbfs);
        },
      ),
    );
  });

  it('measures part of an array like a copy of that part', () => {
    const samples = sine(9000);
    expect(rmsDbfs(samples, 13, 77)).toBe(rmsDbfs(samples.slice(13, 77)));
    expect(amplitudeOf(-20)).toBeCloseTo(3276.8, 6);
  });
});
