import { expect, it } from '@jest/globals';
import { PreRoll } from './pre-roll.js';

const frame = (value: number, length = 160): Int16Array => new Int16Array(length).fill(value);

it('keeps the last frames that make up its length, in order', () => {
  const preRoll = new PreRoll(400);
  for (let value = 0; value < 10; value++) preRoll.push(frame(value));
  expect(preRoll.take().map((samples) => samples[0])).toEqual([7, 8, 9]);
});

it('keeps what there is if that is less, and nothing once it was taken', () => {
  const preRoll = new PreRoll(400);
  preRoll.push(frame(1));
  expect(preRoll.take()).toHaveLength(1);
  expect(preRoll.take()).toHaveLength(0);
});

it('keeps a frame that is longer than its length', () => {
  const preRoll = new PreRoll(400);
  preRoll.push(frame(1));
  preRoll.push(frame(2, 1000));
  expect(preRoll.take().map((samples) => samples.length)).toEqual([1000]);
});
