import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
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
  ])('of %j and %j is %j', (expected, actual, diff) => {
    expect(text(expected, actual)).toBe(diff);
  });

  it('holds both in order, shares as much as can be shared, and costs the same in both directions', () => {
    const lines = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 12 });
    fc.assert(
      fc.property(lines, lines, (expected, actual) => {
        const diff = diffLines(expected, actual);
        const side = (name: string): string[] =>
          diff.filter((line) => line.side === 'both' || line.side === name).map((line) => line.text);
        expect(side('expected')).toEqual(expected);
        expect(side('actual')).toEqual(actual);
        expect(diffLines(actual, expected)).toHaveLength(diff.length);
        expect(diff.length).toBe(expected.length + actual.length - longestShared(expected, actual));
      }),
    );
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

/** Length of the longest common subsequence, by its definition. */
function longestShared(
  a: readonly string[],
  b: readonly string[],
  i = 0,
  j = 0,
  known = new Map<number, number>(),
): number {
  if (i === a.length || j === b.length) return 0;
  const key = i * (b.length + 1) + j;
  const length =
    known.get(key) ??
    (a[i] === b[j]
      ? 1 + longestShared(a, b, i + 1, j + 1, known)
      : Math.max(longestShared(a, b, i + 1, j, known), longestShared(a, b, i, j + 1, known)));
  known.set(key, length);
  return length;
}
