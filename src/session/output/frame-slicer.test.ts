import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FrameSlicer } from './frame-slicer.js';

function slice(size: number, pieces: readonly Int16Array[]): number[][] {
  const slicer = new FrameSlicer(size);
  const frames: number[][] = [];
  for (const piece of pieces) slicer.push(piece, (frame) => frames.push([...frame]));
  return frames;
}

it('gives all full frames in order, whatever the lengths of what comes in, and keeps the rest', () => {
  const pieces = fc.array(fc.int16Array({ maxLength: 50 }), { maxLength: 20 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), pieces, (size, parts) => {
      const whole = parts.flatMap((part) => [...part]);
      const frames = slice(size, parts);
      expect(frames.every((frame) => frame.length === size)).toBe(true);
      expect(frames.flat()).toEqual(whole.slice(0, whole.length - (whole.length % size)));
    }),
  );
});

it('hands on a frame that has the right length already without a copy', () => {
  const frame = Int16Array.of(1, 2, 3);
  const seen: Int16Array[] = [];
  new FrameSlicer(3).push(frame, (given) => seen.push(given));
  expect(seen[0]).toBe(frame);
});

it('does not mix a frame of the right length with what waited before it', () => {
  expect(slice(3, [Int16Array.of(1), Int16Array.of(2, 3, 4), Int16Array.of(5, 6)])).toEqual([
    [1, 2, 3],
    [4, 5, 6],
  ]);
});
