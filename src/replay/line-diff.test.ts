import { describe, expect, it } from '@jest/globals';
import { aroundChanges, diffLines } from './line-diff.js';

const text = (expected: string[], actual: string[]): string =>
  diffLines(expected, actual)
    .map(({ side, text }) => `${{ both: ' ', expected: '-', actual: '+' }[side]}${text}`)
    .join('|');

describe('the diff of two texts', () => {
  it.each([
    [[], [], ''],
    [['a'], ['a'], ' a'],
    [['a'], [], '-a'],
    [[], ['a'], '+a'],
    [['a', 'b', 'c'], ['a', 'x', 'c'], ' a|-b|+x| c'],
    [['a', 'b', 'c'], ['b', 'c', 'd'], '-a| b| c|+d'],
    [['', 'a'], ['a', ''], '-| a|+'],
    [['a', 'b', 'x', 'y'], ['c', 'd', 'x'], '-a|-b|+c|+d| x|-y'],
  ])('of %j and %j is %j', (expected, actual, diff) => {
    expect(text(expected, actual)).toBe(diff);
  });
});

describe('a long diff', () => {
  const around = (expected: string, actual: string): string =>
    aroundChanges(diffLines(Array.from(expected), Array.from(actual)), 1)
      .map((part) =>
        'skipped' in part
          ? `(${part.skipped})`
          : { both: ' ', expected: '-', actual: '+' }[part.side] + part.text,
      )
      .join('');

  it.each([
    ['abcdef', 'abcXef', '(2) c-d+X e(1)'],
    ['abcdefgh', 'Xbcdefg', '-a+X b(4) g-h'],
    ['abcde', 'aXcYe', ' a-b+X c-d+Y e'],
    ['abc', 'abc', '(3)'],
    ['', '', ''],
  ])('of %j and %j is shown as %j', (expected, actual, shown) => {
    expect(around(expected, actual)).toBe(shown);
  });
});
