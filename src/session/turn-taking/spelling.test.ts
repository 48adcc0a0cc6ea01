import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { words } from '../input/caller-text.js';
import { digitWordsOf } from './digit-words.js';
import { endsSpelled } from './spelling.js';

function waits(text: string, { language = 'en', question = '' } = {}): boolean {
  return endsSpelled(words(text), digitWordsOf(language), words(question));
}

describe('a number or a name that is said one by one', () => {
  it.each([
    // The first sign of all.
    'four',
    'Four.',
    '4',
    'oh',
    'B',
    'a',
    'I',
    'double',
    'double four',
    'triple 7',
    // Behind words.
    'my number is five',
    'my number is 5',
    "it's one",
    'okay, one',
    'sure, the code starts with B',
    // Signs in a row.
    'four one',
    '4 1',
    'B seven',
    'B, seven, K.',
    'my number is five, five, one',
    'S M I T H',
    'S-M-I',
    'A M',
    'S P M',
    'one A',
    'four one dash',
    'oh oh seven',
    // As recognisers write letters, and join what belongs together.
    'B see',
    'B bravo',
    'kilo seven bravo',
    'B7',
    '7K',
    '415',
    // A letter that is explained.
    'B as in Bob',
    'B as in',
    'N for Nellie',
    'M like Mike',
  ])('may go on after %j', (text) => {
    expect(waits(text)).toBe(true);
  });

  it.each([
    '',
    'yes',
    'book my appointment',
    // Times, amounts and choices.
    'at five',
    'at 5',
    'friday at three',
    'a table for two',
    'from nine to five',
    'half past four',
    'at nine p.m.',
    '9 a.m.',
    '9pm',
    'twenty five',
    'a hundred and five',
    'the last two',
    'Press one',
    // Pronouns and other short words.
    'this one',
    'the red one',
    'no one',
    'I want one',
    'the 4th',
    'see you',
    'why',
    'hotel',
    'O.K.',
    'what can I',
  ])('does not with %j', (text) => {
    expect(waits(text)).toBe(false);
  });

  it('is not what answers a question that offers it, or asks for a time or an amount', () => {
    expect(waits('one', { question: 'For one or two people?' })).toBe(false);
    expect(waits('2', { question: 'Press 1 for sales or 2 for support.' })).toBe(false);
    expect(waits('B', { question: 'Plan A or B?' })).toBe(false);
    expect(waits('five', { question: 'At what time?' })).toBe(false);
    expect(waits('4', { question: 'For how many people?' })).toBe(false);
    expect(waits('zwei', { question: 'Ein oder zwei Zimmer?', language: 'de' })).toBe(false);
  });

  it('is, where the question merely has the words in it', () => {
    expect(waits('four', { question: 'What are the last four digits, or say skip?' })).toBe(true);
    expect(waits('B', { question: 'Is there a letter or a number on it?' })).toBe(true);
    expect(waits('four', { question: 'What is the number? Take your time.' })).toBe(true);
    expect(waits('two one', { question: 'For one or two people?' })).toBe(true);
  });

  it.each([
    ['de', 'vier'],
    ['de-AT', 'zwo'],
    ['es', 'cuatro'],
    ['fr', 'quatre'],
    ['it', 'sei'],
    ['nl', 'één'],
    ['pt', 'meia'],
  ])('has the words of the language %s: %s', (language, digit) => {
    expect(waits(digit, { language })).toBe(true);
  });

  it('has numerals and letters in every language, but no signs that are words', () => {
    expect(waits('4', { language: 'ja' })).toBe(true);
    expect(waits('k', { language: 'pl' })).toBe(true);
    expect(waits('٤', { language: 'ar' })).toBe(true);
    expect(waits('да', { language: 'ru' })).toBe(false);
    expect(waits('是', { language: 'zh' })).toBe(false);
    expect(waits('네', { language: 'ko' })).toBe(false);
    expect(waits('é', { language: 'pt' })).toBe(false);
  });

  it('goes on from its first sign to its last, however many there are', () => {
    const signs = fc.array(fc.constantFrom('four', '4', 'B', 'K', 'oh', 'a', 'one', 'double'), {
      minLength: 1,
    });
    fc.assert(
      fc.property(signs, (said) => {
        for (let count = 1; count <= said.length; count++)
          expect(waits(said.slice(0, count).join(' '))).toBe(true);
      }),
    );
  });
});
