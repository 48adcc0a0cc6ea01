import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { TextBreaths } from './text-breaths.js';
import { anyCharacter } from '../../../test/harness/any-character.js';

const lone = /\p{Cs}/u;

describe('text that comes all at once', () => {
  it('is cut into short pieces, none of it lost, no character torn', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter, maxLength: 9000, size: 'max' }), (text) => {
        const pieces = new TextBreaths().piecesOf(text);
        expect(pieces.join('')).toBe(text);
        for (const piece of pieces) {
          expect(piece.length).toBeLessThanOrEqual(513);
          if (!lone.test(text)) expect(piece).not.toMatch(lone);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('lets the event loop turn once in some thousand characters, however it is cut', () => {
    const breaths = new TextBreaths();
    let turns = 0;
    for (let word = 0; word < 1000; word++) if (breaths.isDue('four ')) turns++;
    expect(turns).toBe(9);
  });

  it('takes tokens at once, until the event loop is due', () => {
    const breaths = new TextBreaths();
    let taken = 0;
    while (breaths.fits('four ')) taken++;
    expect(taken).toBe(102);
    expect(breaths.isDue('four ')).toBe(true);
    expect(breaths.fits('four ')).toBe(true);
  });
});
