import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { plainText, rowWidth, span } from './styled-text.js';
import { wrappedRows } from './wrapped-text.js';

const wrapped = (text: string, width: number): string[] =>
  wrappedRows([span(text)], width)
    .map(plainText)
    .map((row) => row.trimEnd());

describe('wrapping', () => {
  it('breaks between words', () => {
    expect(wrapped('book my appointment for friday', 12)).toEqual(['book my', 'appointment', 'for friday']);
  });

  it('breaks a word that is wider than a row', () => {
    expect(wrapped('an overlong word', 5)).toEqual(['an', 'overl', 'ong', 'word']);
    expect(wrapped('予約をお願いします', 6)).toEqual(['予約を', 'お願い', 'します']);
  });

  it('keeps the styles of the pieces', () => {
    const rows = wrappedRows([span('heard words'), span(' unheard words', { dim: true })], 12);
    expect(rows).toEqual([
      [span('heard words')],
      [span('unheard ', { dim: true })],
      [span('words', { dim: true })],
    ]);
  });

  it('gives one row for no text', () => {
    expect(wrapped('', 10)).toEqual(['']);
  });

  it('fits every row into the width and loses nothing but spaces', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 80 }),
        fc.integer({ min: 2, max: 30 }),
        (text, width) => {
          const rows = wrappedRows([span(text)], width);
          for (const row of rows) expect(rowWidth(row)).toBeLessThanOrEqual(width);
          const solid = (each: string): string => each.replace(/\s+/gu, '');
          expect(solid(rows.map(plainText).join(''))).toBe(solid(text));
        },
      ),
    );
  });
});
