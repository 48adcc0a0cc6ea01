import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { speechPieces, wordsOf } from './speech-text.js';

const texts = (text: string, startSoon = true): string[] =>
  speechPieces(text, { startSoon }).map((piece) => piece.text);

describe('speech pieces', () => {
  it('keep a short text whole', () => {
    expect(texts('All right, Friday at three.')).toEqual(['All right, Friday at three.']);
  });

  it('begin with the first clause of a long text if the caller is waiting', () => {
    const text = 'I have booked your appointment, it is next Friday at half past three in the afternoon.';
    expect(texts(text)).toEqual([
      'I have booked your appointment,',
      'it is next Friday at half past three in the afternoon.',
    ]);
    expect(texts(text, false)).toEqual([text]);
  });

  it('do not take an abbreviation for the end of a sentence', () => {
    const text =
      'Your next appointment with Dr. Smith is on Friday the fifth of May at half past three. Is that all right?';
    expect(texts(text)[0]).toBe(
      'Your next appointment with Dr. Smith is on Friday the fifth of May at half past three.',
    );
  });

  it.each([
    'We are closed on all of the days up to Dec. 5th, and on the Fri. after it we open at nine a.m. as usual.',
    'You will find us on the first floor of the U.S. Embassy on Main St. near the old Mt. Vernon hotel. ',
  ])('take no short month, day or country for one: %s', (text) => {
    for (const piece of texts(text).slice(0, -1)) expect(piece).toMatch(/,$/);
  });

  it('rest longer after a sentence than after a clause', () => {
    const pause = (text: string): number | undefined =>
      speechPieces(text, { startSoon: true })[0]?.pauseAfterMs;
    expect(pause('Is that so?"')).toBe(250);
    expect(pause('Well,')).toBe(100);
    expect(pause('and then')).toBe(100);
  });

  it('together hold every word of the text, in order, in pieces of bounded length', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 2000 }), fc.boolean(), (text, startSoon) => {
        const pieces = texts(text, startSoon);
        expect(pieces.flatMap(wordsOf)).toEqual(wordsOf(text));
        for (const piece of pieces) expect(piece.length <= 201 || !piece.includes(' ')).toBe(true);
      }),
    );
    const endless = 'word '.repeat(500);
    expect(Math.max(...texts(endless).map((piece) => piece.length))).toBeLessThanOrEqual(200);
  });
});
