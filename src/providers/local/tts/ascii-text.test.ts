import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { asciiText, unsayableWords } from './ascii-text.js';

describe('text for Flite', () => {
  it.each([
    ['It’s “naïve” — really…', 'It\'s "naive", really...'],
    ['a\0b\nc 😀', 'a b c '],
    ['Łódź, Straße, Ærø', 'Lodz, Strasse, Aero'],
    ['€12.50, £3 or 5 €', '12.50 euros , 3 pounds or 5 euros '],
    ['20 °C ± 2', '20 degrees C plus or minus 2'],
    ['½ or 2½', ' one half or 2 and a half '],
  ])('is spelled in ASCII: %j is %j', (text, spelled) => {
    expect(asciiText(text).replace(/ +/g, ' ')).toBe(spelled);
  });

  it('is ASCII, whatever it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(asciiText(text)).toMatch(/^[\x20-\x7e]*$/);
      }),
    );
  });

  it.each([
    ['Hello, Größe 12!', []],
    ['क्षमा करें, कुछ गलत हो गया।', ['क्षमा', 'करें,', 'कुछ', 'गलत', 'हो', 'गया।']],
    ['Call Анна on 今天 …', ['Анна', '今天']],
    ['😀 – ¿?', []],
    ['\u0967\u0968', ['\u0967\u0968']],
  ])('has no sound for the words of other scripts: of %j for %j', (text, words) => {
    expect(unsayableWords(text)).toEqual(words);
  });
});
