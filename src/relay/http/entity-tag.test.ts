import { expect, it } from '@jest/globals';
import { ifMatch } from './entity-tag.js';

it.each([
  [undefined, 'missing'],
  ['', 'missing'],
  ['*', 'any'],
  ['"*"', 'any'],
  ['"abc"', 'matches'],
  ['"x", "abc"', 'matches'],
  ['W/"abc"', 'differs'],
  ['abc', 'differs'],
  ['"abcd"', 'differs'],
] as const)('If-Match %j of "abc": %s', (header, outcome) => {
  expect(ifMatch(header, '"abc"')).toBe(outcome);
});
