import { describe, expect, it } from '@jest/globals';
import { SampleSlab } from './sample-slab.js';

describe('a slab of samples', () => {
  it('gives arrays that do not overlap, however many', () => {
    const slab = new SampleSlab();
    const frames = Array.from({ length: 120 }, (_, index) => slab.take(160).fill(index));
    for (const [index, frame] of frames.entries()) {
      expect(frame).toHaveLength(160);
      expect(frame.every((sample) => sample === index)).toBe(true);
    }
  });

  it('gives a long frame an array of its own', () => {
    expect(new SampleSlab().take(20_000)).toHaveLength(20_000);
  });
});
