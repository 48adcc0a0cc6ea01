import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SentenceSplitter } from './sentence-splitter.js';

function split(...tokens: string[]): string[] {
  const splitter = new SentenceSplitter();
  return [...tokens.flatMap((token) => splitter.push(token)), ...splitter.flush()];
}

/** Text that is dense in what the splitter looks at. */
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '.',
        '!',
        '?',
        '…',
        '...',
        ',',
        ';',
        ':',
        ' – ',
        ' ',
        '  ',
        '\n',
        '\n\n',
        '"',
        '”',
        ')',
      ),
      fc.constantFrom(
        '。',
        '！',
        '？',
        '」',
        '你好',
        '1',
        '12',
        'Dr',
        'a.m',
        'e.g',
        'No',
        'no',
        'We',
        'x',
        '👋',
      ),
      fc.string({ unit: 'grapheme', maxLength: 4 }),
    ),
    { maxLength: 40 },
  )
  .map((pieces) => pieces.join(''));

/** The text and one way of cutting it into tokens, anywhere, also inside a surrogate pair. */
const tokens = text.chain((whole) =>
  fc.array(fc.nat(whole.length), { maxLength: 12 }).map((cuts) => {
    const edges = [0, ...cuts.sort((a, b) => a - b), whole.length];
    return edges.slice(1).map((end, index) => whole.slice(edges[index], end));
  }),
);

describe('the splitter', () => {
  it('changes nothing: the chunks concatenate to the text, but for white space that ends it', () => {
    fc.assert(
      fc.property(tokens, (pieces) => {
        const whole = pieces.join('');
        const spoken = split(...pieces).join('');
        expect(whole.startsWith(spoken)).toBe(true);
        expect(whole.slice(spoken.length).trim()).toBe('');
      }),
      { numRuns: 1000 },
    );
  });

  it('cuts the same text at the same places however it comes in tokens', () => {
    fc.assert(
      fc.property(tokens, (pieces) => {
        const whole = pieces.join('');
        expect(split(...pieces)).toEqual(split(whole));
        expect(split(...whole.split(''))).toEqual(split(whole));
      }),
      { numRuns: 1000 },
    );
  });

  it('gives no chunk that is only white space', () => {
    fc.assert(
      fc.property(tokens, (pieces) => {
        for (const chunk of split(...pieces)) expect(chunk.trim()).not.toBe('');
      }),
    );
  });

  it.each([
    ['sentences', ['Hello. ', 'How are you? ', 'Fine!']],
    ['a decimal number', ['It costs 3.30 dollars. ', 'Is that fine?']],
    ['a title', ['Dr. Smith is in. ', 'So is Mrs. Jones.']],
    ['a time of day', ['We open at 8 a.m. on Monday. ', 'Is that fine?']],
    ['initials', ['The U.S. office of e.g. Mr. J. Doe is closed. ', 'Sorry.']],
    ['a number, and the answer no', ['Room No. 5 is free. ', 'No. ', 'It is not.']],
    ['an ellipsis', ['Let me see... ', 'Friday is free… ', 'Good.']],
    ['quotes and brackets', ['She said "Yes." ', '(Or so.) ', 'Then she left.']],
    ['a list with newlines', ['You can:\n', '- book\n', '- cancel\n\n', 'What next?']],
    ['an indented list', ['Choose\n  ', 'Monday\n  ', 'Friday']],
    ['a numbered list', ['1. Monday\n', '2. Friday\n', '10. Never\n', 'Which?']],
    ['CJK full stops', ['你好。', '今天天气好！？', '「是。」', '再见。']],
  ])('knows %s', (_, chunks) => {
    expect(split(chunks.join(''))).toEqual(chunks);
  });

  it('cuts off a first clause of four words or more, once, so that speech starts early', () => {
    expect(split('I can offer you Monday, or Tuesday, if you like that.')).toEqual([
      'I can offer you Monday, ',
      'or Tuesday, if you like that.',
    ]);
    expect(split('Well, I can offer you Monday – or Tuesday.')).toEqual([
      'Well, I can offer you Monday – ',
      'or Tuesday.',
    ]);
    expect(split('Good. I can offer you Monday, or Tuesday.')).toEqual([
      'Good. ',
      'I can offer you Monday, or Tuesday.',
    ]);
  });

  it('waits for what follows before it is sure of an end', () => {
    const splitter = new SentenceSplitter();
    expect(splitter.push('It costs 3.')).toEqual([]);
    expect(splitter.push('30. ')).toEqual([]);
    expect(splitter.push('Fine')).toEqual(['It costs 3.30. ']);
    expect(splitter.flush()).toEqual(['Fine']);
  });

  it('goes on after a flush', () => {
    const splitter = new SentenceSplitter();
    expect(splitter.push('Let me check.')).toEqual([]);
    expect(splitter.flush()).toEqual(['Let me check.']);
    expect(splitter.flush()).toEqual([]);
    expect(splitter.push('Yes. It')).toEqual(['Yes. ']);
  });
});
