import { expect, it } from '@jest/globals';
import { BoundedValues } from './bounded-values.js';

it('tells only so many values of a label apart', () => {
  const values = new BoundedValues(2);
  expect(['a', 'b', 'c', 'a', 'd'].map((value) => values.of(value))).toEqual([
    'a',
    'b',
    'other',
    'a',
    'other',
  ]);
});
