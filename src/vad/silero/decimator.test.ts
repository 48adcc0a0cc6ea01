import { describe, expect, it } from '@jest/globals';
import { Decimator } from './decimator.js';

function tone(hz: number, sampleRateHz: number, seconds = 0.5): Int16Array {
  return Int16Array.from({ length: seconds * sampleRateHz }, (_, i) =>
    Math.round(16_384 * Math.sin((2 * Math.PI * hz * i) / sampleRateHz)),
  );
}

function lowered(samples: Int16Array, factor: number): number[] {
  const decimator = new Decimator(factor);
  return [...samples].flatMap((sample) => decimator.push(sample) ?? []);
}

/** Level of the second half, after the filter has filled; 1 is full scale. */
function level(samples: readonly number[]): number {
  const settled = samples.slice(samples.length / 2);
  return Math.sqrt(settled.reduce((sum, sample) => sum + sample * sample, 0) / settled.length);
}

describe('a lower rate', () => {
  it.each([2, 4, 6])('keeps the band of a voice, at a %i-th of the rate', (factor) => {
    for (const hz of [200, 1000, 2500]) {
      const output = lowered(tone(hz, 8000 * factor), factor);
      expect(output).toHaveLength(4000);
      expect(level(output)).toBeCloseTo(0.5 / Math.SQRT2, 2);
    }
  });

  it.each([2, 4, 6])('has nothing of what lies above it, at a %i-th of the rate', (factor) => {
    for (const hz of [5000, 6000, 7000])
      expect(level(lowered(tone(hz, 8000 * factor), factor))).toBeLessThan(0.01);
  });

  it('of the same rate is the same audio', () => {
    expect(lowered(Int16Array.of(-32_768, 0, 16_384), 1)).toEqual([-1, 0, 0.5]);
  });
});
