import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { jsonLine } from './json-line.js';
import { anyCharacter } from '../../test/harness/any-character.js';

it.each([
  ['an escape of eight bits', '\u009b31m', '"\\u009b31m"'],
  ['a mark that turns the direction', 'a\u202eb\u2066c\u200f\u061c', '"a\\u202eb\\u2066c\\u200f\\u061c"'],
  ['a line separator', 'a\u2028b', '"a\\u2028b"'],
  ['DEL', '\u007f', '"\\u007f"'],
  ['an escape of seven bits', '\u001b[2J\n', '"\\u001b[2J\\n"'],
  ['what can be printed', 'Grüße 🎉 שלום', '"Grüße 🎉 שלום"'],
])('%s', (_what, text, json) => {
  expect(jsonLine(text)).toBe(json);
});

it('means the same, and holds nothing that a terminal obeys', () => {
  const hostile = fc.string({
    unit: fc.oneof(
      fc.constantFrom('\u009b', '\u202e', '\u001b', '\n', '"', '\\'),
      fc.string({ unit: anyCharacter }),
    ),
  });
  fc.assert(
    fc.property(hostile, (text) => {
      const line = jsonLine({ [text]: text });
      expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify({ [text]: text })));
      expect(line).not.toMatch(/[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
    }),
  );
});
