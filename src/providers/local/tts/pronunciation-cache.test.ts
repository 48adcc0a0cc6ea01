import { describe, expect, it } from '@jest/globals';
import { PronunciationCache } from './pronunciation-cache.js';

describe('a pronunciation cache', () => {
  const asked: string[][] = [];
  const spell = (words: readonly string[]): Promise<string[][]> => {
    asked.push([...words]);
    return Promise.resolve(words.map((word) => Array.from(word)));
  };

  it('asks once for each word it does not know, punctuation aside, and answers for all', async () => {
    asked.length = 0;
    const cache = new PronunciationCache();
    expect(await cache.lookUp(['"no,', 'go', 'no'], spell)).toEqual([
      ['n', 'o'],
      ['g', 'o'],
      ['n', 'o'],
    ]);
    expect(await cache.lookUp(['go!', 'so'], spell)).toEqual([
      ['g', 'o'],
      ['s', 'o'],
    ]);
    expect(asked).toEqual([['no', 'go'], ['so']]);
  });

  it('forgets the words that were not used for longest', async () => {
    asked.length = 0;
    const cache = new PronunciationCache(2);
    await cache.lookUp(['a', 'b'], spell);
    await cache.lookUp(['a'], spell);
    await cache.lookUp(['c'], spell);
    expect(cache.size).toBe(2);
    await cache.lookUp(['a', 'b'], spell);
    expect(asked).toEqual([['a', 'b'], ['c'], ['b']]);
  });

  it('answers for more words at once than it keeps', async () => {
    const cache = new PronunciationCache(1);
    expect(await cache.lookUp(['x', 'y', 'z'], spell)).toEqual([['x'], ['y'], ['z']]);
    expect(cache.size).toBe(1);
  });
});
