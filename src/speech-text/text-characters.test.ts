import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { kindOf, lastUnspacedBreak, wordSpans } from './text-characters.js';

const wordsOf = (text: string): string[] => wordSpans(text).map(({ start, end }) => text.slice(start, end));

describe('the kind of a character', () => {
  it.each([
    ['spaced_stop', '.!?…'],
    ['stop', '。！？｡؟۔।॥։።'],
    ['spaced_comma', ',;:'],
    ['comma', '、，；：،؛'],
    ['unspaced', '你ひカーไ'],
    ['letter', 'aÉß한дबع7٣'],
    ['space', ' \t\u00a0\u3000'],
    ['other', '*_-@👋'],
  ])('is %s for each of %s', (kind, characters) => {
    for (const character of characters) expect(kindOf(character.charCodeAt(0))).toBe(kind);
  });
});

describe('words', () => {
  it.each([
    ['We are open.', ['We', 'are', 'open.']],
    ['今天天气好，再见。', ['今天', '天气', '好，再见。']],
    ['Call 東京駅 – now', ['Call', '東京', '駅', '–', 'now']],
    ['สวัสดีครับ', ['สวัสดี', 'ครับ']],
    ['', []],
  ])('of %j are %j', (text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });

  it('omit nothing but white space', () => {
    const unit = fc.constantFrom(...'a b 1 . 今 天 気 ค รั บ し た カ ， 👋'.split(' '), ' ', '\n');
    fc.assert(
      fc.property(fc.string({ unit }), (text) => {
        expect(wordsOf(text).join('')).toBe(text.replace(/\s/g, ''));
      }),
    );
  });

  it('give the last place for a cut before an index in a script without spaces', () => {
    expect(lastUnspacedBreak('今天天气好', 3)).toBe(2);
    expect(lastUnspacedBreak('今天天气好', 4)).toBe(4);
    expect(lastUnspacedBreak('nothing here', 9)).toBe(0);
  });
});
