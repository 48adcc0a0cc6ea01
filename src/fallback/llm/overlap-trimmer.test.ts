import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { OverlapTrimmer } from './overlap-trimmer.js';

/** What the caller hears in the end. */
function joined(said: string, rest: readonly string[]): string {
  const trimmer = new OverlapTrimmer(said);
  return said + rest.map((text) => trimmer.push(text)).join('') + trimmer.flush();
}

describe('the trimmer of an answer', () => {
  it.each<[string, string, string, string]>([
    ['repeats the last words', 'Sure, I can book', 'I can book that.', 'Sure, I can book that.'],
    ['repeats all of it', 'Sure, I can', 'Sure, I can book that.', 'Sure, I can book that.'],
    ['completes the word that was cut', 'Sure, I can bo', 'I can book that.', 'Sure, I can book that.'],
    ['completes the only word', 'Su', 'Sure, I can.', 'Sure, I can.'],
    ['repeats nothing', 'Sure, I can', 'book that.', 'Sure, I can book that.'],
    ['begins with a space', 'Sure, I can', ' book that.', 'Sure, I can book that.'],
    ['comes behind a space', 'Sure, I can ', ' book that.', 'Sure, I can book that.'],
    ['goes on with a mark', 'Sure', ', I can.', 'Sure, I can.'],
    [
      'repeats the end of a sentence',
      'I can book that. ',
      'book that. What day?',
      'I can book that. What day?',
    ],
    [
      'changes capitals and marks',
      'Yes, it is free.',
      'it is free! What else?',
      'Yes, it is free. What else?',
    ],
    ['has a short word in common by chance', 'It costs 5', '5 6 7', 'It costs 5 5 6 7'],
    ['begins like the short last word', 'You have a', 'appointment.', 'You have a appointment.'],
    ['repeats a sentence that holds itself', 'go and go and', 'go and stop.', 'go and go and stop.'],
    ['is written without spaces', '今日は木曜日', 'は木曜日です。', '今日は木曜日です。'],
    ['is new and without spaces', '今日は', '木曜日です。', '今日は木曜日です。'],
    ['repeats a currency', 'It costs $', 'It costs $6.', 'It costs $6.'],
    ['brings only the currency again', 'It costs $', '$6.', 'It costs $6.'],
    ['goes on behind a currency', 'It costs $', '6.', 'It costs $6.'],
    ['leaves a space behind a currency', 'It costs $', ' 6.', 'It costs $6.'],
    ['repeats a currency behind the number', 'It costs 6 €', 'costs 6 € now', 'It costs 6 € now'],
    ['goes on in a time of day', 'It is at 9:', '30, sir.', 'It is at 9:30, sir.'],
    ['leaves a space in a time of day', 'It is at 9:', ' 30, sir.', 'It is at 9:30, sir.'],
    ['repeats half of a time of day', 'It is at 9:', 'at 9:30, sir.', 'It is at 9:30, sir.'],
    ['repeats half of a decimal', 'It costs 3.', 'costs 3.50 now', 'It costs 3.50 now'],
    ['goes on in a decimal', 'It costs 1,', '250 now', 'It costs 1,250 now'],
    ['begins a sentence with a number', 'I have 3.', ' 5 are gone.', 'I have 3. 5 are gone.'],
    ['goes on behind a bracket', 'Come early (', 'at nine).', 'Come early (at nine).'],
    ['repeats the bracket', 'Come early (', '(at nine).', 'Come early (at nine).'],
    ['repeats emphasis', 'This is **', 'This is **bold**.', 'This is **bold**.'],
    ['goes on behind a hyphen', 'A well-', 'known place.', 'A well-known place.'],
    ['goes on behind a dash', 'Sure -', ' no.', 'Sure - no.'],
    ['repeats a mark only', 'Sure,', ', I can.', 'Sure, I can.'],
    ['goes on in an address', 'See example.com/', 'help now', 'See example.com/help now'],
    ['brings nothing new', 'That is all.', 'That is all.', 'That is all.'],
    ['is empty', 'That is all.', '', 'That is all.'],
  ])('is right for a rest that %s', (_, said, rest, whole) => {
    expect(joined(said, [rest])).toBe(whole);
    expect(joined(said, Array.from(rest))).toBe(whole);
  });

  it('holds nothing back as soon as it is clear that nothing is repeated', () => {
    const trimmer = new OverlapTrimmer('Sure, I can');
    expect(trimmer.push('book')).toBe(' book');
    expect(trimmer.push(' that')).toBe(' that');
  });

  it('is invisible wherever the answer was cut, if the rest repeats two words or all of it', () => {
    const answers = fc.uniqueArray(fc.stringMatching(/^[a-zäé]{1,9}$/), { minLength: 2, maxLength: 12 });
    fc.assert(
      fc.property(
        answers,
        fc.nat(),
        fc.integer({ min: 2, max: 12 }),
        fc.nat(7),
        (words, cut, repeated, size) => {
          const whole = words.join(' ');
          const said = whole.slice(0, 1 + (cut % whole.length)).trimEnd();
          const lastWord = said.split(' ').length - 1;
          const rest = words.slice(Math.max(0, lastWord + 1 - repeated)).join(' ');
          const pieces = rest.match(new RegExp(`.{1,${size + 1}}`, 'gu')) ?? [];
          expect(joined(said, pieces)).toBe(whole);
        },
      ),
    );
  });

  it('is found behind a long answer, and its end in one that repeats itself for ever', () => {
    const long = Array.from({ length: 2000 }, (_, index) => `w${index}`).join(' ');
    const same = 'go '.repeat(2000).trim();
    for (const [said, rest] of [
      [long, `${long} end`],
      [long, 'w1998 w1999 end'],
      [same, `${same} end`],
    ] as const)
      expect(joined(said, rest.match(/.{1,50}/g) ?? []) === `${said} end`).toBe(true);
  });

  it.each([' '.repeat(80), '; ', '\n', '😀', '\ud83d', '<', 'r', '<think>', 'one two '])(
    'examines what comes in linear time, however often %j comes',
    (piece) => {
      const work = (pieces: number): number => {
        const matches = jest.spyOn(String.prototype, 'matchAll');
        const trimmer = new OverlapTrimmer('one two three four');
        const length = [...Array<string>(pieces).fill(piece)].reduce(
          (sum, text) => sum + trimmer.push(text).length,
          trimmer.push('two three four').length,
        );
        const examined = matches.mock.contexts.reduce<number>((sum, text) => sum + String(text).length, 0);
        matches.mockRestore();
        expect(length + trimmer.flush().length).toBeLessThanOrEqual(pieces * piece.length + 16);
        return examined;
      };
      expect(work(2000) / work(1000)).toBeLessThan(2.6);
    },
  );

  it('never loses a letter of a rest that repeats nothing', () => {
    const texts = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '.', '1', '今') });
    fc.assert(
      fc.property(
        texts,
        fc.array(fc.string({ unit: fc.constantFrom('x', 'y', ' ', ',', '9', '明') })),
        (said, rest) => {
          const bare = (text: string): string => text.replace(/\s/g, '');
          expect(bare(joined(said, rest))).toBe(bare(said + rest.join('')));
        },
      ),
    );
  });
});
