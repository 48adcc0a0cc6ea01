import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { runs } from '../../test/harness/thorough.js';
import { codeSpanEnd, linkEnd, tagEnd } from './inline-markup.js';
import { clauseBoundary, lineBoundary, sentenceBoundary } from './text-boundaries.js';

const piece = fc.constantFrom(
  ...'. ! ? … ... , ; : " ” ) » « [ ] ( ](http:// ` `` ``` ** _ 。 ！ ， 」 ؟ ، ।'.split(' '),
  ...'Dr a.m etc No nr x We 1 12 am der Monday Ma Mar Sept o 你好 ١ 👍'.split(' '),
  ...'< > <b </ <br> <a b=" /> <!-- Dec EST St I U.S The J sharp dic'.split(' '),
  ...[' ', ' ', '\n', ' – ', '\u00a0', '\ud83d'],
);
const texts = fc.array(piece, { minLength: 1, maxLength: 12 }).map((pieces) => pieces.join(''));
const places = texts.chain((text) => fc.record({ text: fc.constant(text), at: fc.nat(text.length - 1) }));

describe('what a rule decides about the beginning of a text', () => {
  it.each([
    ['sentences', (text: string, at: number) => sentenceBoundary(text, at, true)],
    ['sentences without capitals', (text: string, at: number) => sentenceBoundary(text, at, false)],
    ['clauses', clauseBoundary],
    ['lines', lineBoundary],
    ['links', linkEnd],
    ['code spans', codeSpanEnd],
    ['tags', tagEnd],
  ])('holds for the whole text, about %s', (_, rule) => {
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
      { numRuns: runs(1000) },
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

  it('is known at once after "!" and "?" with white space, and before a blank line', () => {
    expect(sentenceBoundary('Fine!', 4, true)).toBe('undecided');
    expect(sentenceBoundary('Fine! ', 4, true)).toBe(6);
    expect(sentenceBoundary('Fine?! ', 4, true)).toBe(7);
    expect(first('Fine.\n')).toBe('undecided');
    expect(first('Fine.\n \n')).toBe(8);
    expect(lineBoundary('Fine\n\n', 4)).toBe(6);
  });

  it('waits after "!" for the closing quotation mark', () => {
    expect(sentenceBoundary('« Oui ! ', 6, true)).toBe('undecided');
    expect(sentenceBoundary('« Oui ! » dit', 6, true)).toBe(10);
    expect(sentenceBoundary('"Really?" ', 7, true)).toBe('undecided');
    expect(sentenceBoundary('"Really?" she', 7, true)).toBe('none');
  });

  it('waits after a day only while the next word may be a month', () => {
    const at = 'We meet on Monday'.length;
    expect(clauseBoundary('We meet on Monday, o', at)).toBe('undecided');
    expect(clauseBoundary('We meet on Monday, or', at)).toBe(at + 2);
    expect(clauseBoundary('We meet on Monday, Oct', at)).toBe('none');
    expect(clauseBoundary('We meet on Monday, 3', at)).toBe('none');
  });
});
