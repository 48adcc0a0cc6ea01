import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Box, renderToString, Text } from 'ink';
import { createElement } from 'react';
import { clipped, fitted, headOf, textWidth } from './text-width.js';

const anyText = fc.string({ unit: 'grapheme', maxLength: 40 });

describe('the width of text', () => {
  it.each([
    ['plain', 5],
    ['', 0],
    ['naïve', 5],
    ['mouth→ear', 9],
    ['予約', 4],
    ['예약', 4],
    ['ｱｲｳ', 3],
    ['ＡＢ', 4],
    ['👍', 2],
    ['👩‍👩‍👧', 2],
    ['❤️', 2],
    ['1️⃣', 2],
    ['🇩🇪', 2],
    ['e\u0301', 1],
    ['\u200b', 0],
    ['\u0007', 0],
  ])('of %j is %i columns', (text, width) => {
    expect(textWidth(text)).toBe(width);
  });

  it.each(['mouth→ear', '予約をお願いします', '👩‍👩‍👧 family', 'é', '▏█▁▆▮▯●○…‖▍', '❤️ ok', 'ｶﾅ'])(
    'of %s is what Ink lays out',
    (text) => {
      const line = renderToString(
        createElement(Box, null, createElement(Text, null, text), createElement(Text, null, '|')),
      );
      expect(line).toBe(`${text}|`);
      const padded = renderToString(
        createElement(
          Box,
          null,
          createElement(Box, { width: textWidth(text) }, createElement(Text, { wrap: 'truncate' }, text)),
          createElement(Text, null, '|'),
        ),
      );
      expect(padded).toBe(`${text}|`);
    },
  );
});

describe('fitting text', () => {
  it('shows by an ellipsis that something is left out', () => {
    expect(clipped('appointment', 6)).toBe('appoi…');
    expect(clipped('予約をお願い', 6)).toBe('予約…');
    expect(clipped('fits', 4)).toBe('fits');
  });

  it('fills up at the end, or at the start to align right', () => {
    expect(fitted('ab', 4)).toBe('ab  ');
    expect(fitted('ab', 4, 'right')).toBe('  ab');
    expect(fitted('予約を', 4)).toBe('予… ');
  });

  it('gives exactly the columns asked for, whatever the text', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 50 }), (text, width) => {
        expect(textWidth(fitted(text, width))).toBe(width);
        expect(textWidth(clipped(text, width))).toBeLessThanOrEqual(width);
      }),
    );
  });

  it('never takes half a character', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 0, max: 50 }), (text, width) => {
        const head = headOf(text, width);
        expect(text.startsWith(head)).toBe(true);
        expect(textWidth(head)).toBeLessThanOrEqual(width);
      }),
    );
  });
});
