import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { holdsPhrase, noChanges, wordChanges } from './word-changes.js';

const words = (text: string): string[] => text.split(' ');

describe('wordChanges', () => {
  it('tells lost, doubled and strange words apart', () => {
    const expected = words('book my appointment');
    expect(wordChanges(expected, expected)).toEqual(noChanges);
    expect(wordChanges(expected, words('book appointment'))).toEqual({ ...noChanges, lost: ['my'] });
    expect(wordChanges(expected, words('book my my appointment'))).toEqual({ ...noChanges, doubled: ['my'] });
    expect(wordChanges(expected, words('look my appointment'))).toEqual({
      ...noChanges,
      lost: ['book'],
      strange: ['look'],
    });
  });

  it('takes a word that was cut and said again for the word', () => {
    const expected = words('which day suits you');
    const restarted = { ...noChanges, restarted: ['day'] };
    expect(wordChanges(expected, words('which daday suits you'))).toEqual(restarted);
    expect(wordChanges(expected, words('which da day suits you'))).toEqual(restarted);
    expect(wordChanges(expected, words('which da suits you'))).toEqual({
      ...noChanges,
      lost: ['day'],
      strange: ['da'],
    });
  });

  it('accounts for every word', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 12 });
    fc.assert(
      fc.property(text, text, (expected, actual) => {
        const { lost, doubled, strange } = wordChanges(expected, actual);
        expect(expected.length - lost.length).toBe(actual.length - doubled.length - strange.length);
      }),
    );
  });
});

describe('holdsPhrase', () => {
  it('finds words one behind the other only', () => {
    expect(holdsPhrase(words('so sorry about that'), words('sorry about'))).toBe(true);
    expect(holdsPhrase(words('sorry so about'), words('sorry about'))).toBe(false);
    expect(holdsPhrase([], words('sorry'))).toBe(false);
  });
});
