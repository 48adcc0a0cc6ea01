import { describe, expect, it } from '@jest/globals';
import { pronunciationsOf, wordsOfGrammar } from './dictionary.js';

const dictionary = [
  ';; a comment',
  'a AH',
  'a(2) EY',
  "a's EY Z",
  'at AE T',
  'read R EH D',
  'read(2) R IY D',
].join('\n');

describe('the dictionary', () => {
  it('gives the words that were asked for, with every pronunciation, and no other', () => {
    expect(pronunciationsOf(new Set(['a', 'read']), dictionary)).toEqual([
      ['a', 'AH'],
      ['a(2)', 'EY'],
      ['read', 'R EH D'],
      ['read(2)', 'R IY D'],
    ]);
  });

  it('leaves out what it does not know', () => {
    expect(pronunciationsOf(new Set(['zoe', 'last']), `${dictionary}\n\nlast`)).toEqual([]);
  });
});

describe('the words of a grammar', () => {
  it('are found between all of its signs', () => {
    const grammar = `#JSGF V1.0; // not this
      grammar desk; /* nor
      this */
      public <utterance> = ( /0.5/ book | [please] change ) <when>+ { tag } ; <when> = o'clock*|a.m. | "twenty one";`;
    const words = wordsOfGrammar(grammar);
    for (const word of ['book', 'please', 'change', "o'clock", 'a.m.', 'twenty', 'one'])
      expect(words).toContain(word);
    for (const word of ['not', 'nor', 'this']) expect(words).not.toContain(word);
  });
});
