import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { codeSpanEnd, linkEnd } from './inline-markup.js';
import { clauseBoundary, lineBoundary, sentenceBoundary } from './text-boundaries.js';

const piece = fc.constantFrom(
  ...'. ! ? … ... , ; : " ” ) » « [ ] ( ](http:// ` `` ``` ** _ 。 ！ ， 」 ؟ ، ।'.split(' '),
  ...'Dr a.m etc No nr x We 1 12 am der Monday Ma Mar Sept o 你好 ١ 👍'.split(' '),
  ...[' ', ' ', '\n', ' – ', '\u00a0', '\ud83d'],
);
const texts = fc.array(piece, { minLength: 1, maxLength: 12 }).map((pieces) => pieces.join(''));
const places = texts.chain((text) => fc.record({ text: fc.constant(text), at: fc.nat(text.length - 1) }));

describe('what a rule has said of the beginning of a text', () => {
  it.each([
    ['sentences', (text: string, at: number) => sentenceBoundary(text, at, true)],
    ['sentences without capitals', (text: string, at: number) => sentenceBoundary(text, at, false)],
    ['clauses', clauseBoundary],
    ['lines', lineBoundary],
    ['links', linkEnd],
    ['code spans', codeSpanEnd],
  ])('it says of the whole, about %s', (_, rule) => {
    fc.assert(
      fc.property(places, ({ text, at }) => {
        let said: number | string = 'undecided';
        for (let length = at + 1; length <= text.length; length++) {
          const now = rule(text.slice(0, length), at);
          if (said !== 'undecided')
            expect([text.slice(0, length), now]).toEqual([text.slice(0, length), said]);
          said = now;
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a boundary', () => {
  const first = (text: string): unknown => sentenceBoundary(text, text.indexOf('.'), true);

  it('is known as soon as the next sentence begins', () => {
    expect(first('Fine.')).toBe('undecided');
    expect(first('Fine. ')).toBe('undecided');
    expect(first('Fine. I')).toBe(6);
    expect(first('Fine. i')).toBe('none');
    expect(first('It is 3.3')).toBe('none');
  });

  it('behind a day waits only while the next word may be a month', () => {
    const at = 'We meet on Monday'.length;
    expect(clauseBoundary('We meet on Monday, o', at)).toBe('undecided');
    expect(clauseBoundary('We meet on Monday, or', at)).toBe(at + 2);
    expect(clauseBoundary('We meet on Monday, Oct', at)).toBe('none');
    expect(clauseBoundary('We meet on Monday, 3', at)).toBe('none');
  });
});
