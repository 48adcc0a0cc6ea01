import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { audibleEnd, audibleStart } from './silence.js';

const faint = (length: number): Int16Array => Int16Array.from({ length }, (_, i) => (i % 2 ? 30 : -30));
const loud = (length: number): Int16Array => Int16Array.from({ length }, (_, i) => (i % 2 ? 6000 : -6000));
const joined = (...parts: Int16Array[]): Int16Array => Int16Array.from(parts.flatMap((part) => [...part]));

describe('audible part', () => {
  it('begins and ends with the sound, to the sample', () => {
    const samples = joined(faint(1713), loud(801), faint(999));
    expect(audibleStart(samples, 8000)).toBe(1713);
    expect(audibleEnd(samples, 8000)).toBe(1713 + 801);
  });

  it('is everything if sound fills the samples', () => {
    expect(audibleStart(loud(100), 16000)).toBe(0);
    expect(audibleEnd(loud(100), 16000)).toBe(100);
  });

  it('is nothing in silence, in faint noise, and in no samples', () => {
    for (const samples of [new Int16Array(500), faint(500), new Int16Array(0)]) {
      expect(audibleStart(samples, 8000)).toBe(samples.length);
      expect(audibleEnd(samples, 8000)).toBe(0);
    }
  });

  it('does not begin with a faint click of one sample', () => {
    const click = faint(400);
    click[100] = 500;
    expect(audibleStart(joined(click, loud(400)), 8000)).toBe(400);
  });

  it('applies another threshold', () => {
    expect(audibleStart(faint(500), 8000, -70)).toBe(0);
    expect(audibleEnd(joined(loud(500), faint(500)), 8000, -70)).toBe(1000);
  });

  it('has its start before its end, or has neither', () => {
    fc.assert(
      fc.property(fc.int16Array({ min: -400, max: 400, maxLength: 300 }), (samples) => {
        const start = audibleStart(samples, 8000);
        const end = audibleEnd(samples, 8000);
        if (start === samples.length) expect(end).toBe(0);
        else expect(end).toBeGreaterThan(start);
      }),
    );
  });
});
