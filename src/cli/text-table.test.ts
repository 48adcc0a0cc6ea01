import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { clip, textTable } from './text-table.js';

describe('a table', () => {
  it('aligns its columns and cuts off what is too wide', () => {
    const columns = [
      { title: 'name', width: 6 },
      { title: 'ms', width: 4, align: 'right' },
      { title: 'note', width: 5 },
    ] as const;
    expect(
      textTable(columns, [
        ['booking', '12', ''],
        ['a', '1500', 'b'],
      ]),
    ).toEqual({
      head: 'name      ms  note',
      rule: '──────  ────  ─────',
      rows: ['booki…    12', 'a       1500  b'],
    });
  });

  it.each([
    ['Thai', 'สวัสดีครับ'],
    ['Hindi', 'नमस्ते'],
    ['Arabic', 'مَرْحَبًا'],
    ['Japanese', '東京'],
    ['emoji', '🫠👨‍👩‍👧☎️'],
    ['colours', '\u001b[31mred\u001b[0m'],
  ])('keeps its columns straight with %s', (_script, text) => {
    const { rows } = textTable(
      [
        { title: 'a', width: 12 },
        { title: 'b', width: 1 },
      ],
      [
        [text, 'x'],
        ['plain', 'x'],
      ],
    );
    expect(rows.map((row) => stringWidth(row))).toEqual([15, 15]);
    expect(rows[0]).toContain(text);
  });
});

describe('a clipped text', () => {
  it('is never wider than its place, and whole if it fits', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 40 }),
        fc.integer({ min: 0, max: 30 }),
        (text, width) => {
          const clipped = clip(text, width);
          expect(stringWidth(clipped)).toBeLessThanOrEqual(width);
          if (stringWidth(text) <= width) expect(clipped).toBe(text);
        },
      ),
    );
  });

  it.each([
    ['abcdef', 4, 'abc…'],
    ['東京都', 4, '東…'],
    ['東京都', 2, '…'],
    ['abc', 0, ''],
    ['abc', -3, ''],
  ])('of %j in %i columns is %j', (text, width, clipped) => expect(clip(text, width)).toBe(clipped));
});
