import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { CharacterTimes } from './elevenlabs-messages.js';
import { SpokenChunks } from './spoken-chunks.js';

/** Characters of 10 ms each. */
function timesOf(text: string): CharacterTimes {
  const chars = Array.from(text);
  return {
    chars,
    charStartTimesMs: chars.map((_, index) => index * 10),
    charDurationsMs: chars.map(() => 10),
  };
}

function spoken(...texts: readonly string[]): SpokenChunks {
  const chunks = new SpokenChunks();
  for (const text of texts) chunks.add(text);
  return chunks;
}

describe('SpokenChunks', () => {
  it('tells where in a piece of audio the next chunk begins', () => {
    expect(spoken('One.', 'Two.').take(timesOf('One. Two. '), 0)).toEqual([
      { chunk: 0, fromMs: 0 },
      { chunk: 1, fromMs: 50 },
    ]);
  });

  it('gives a piece that begins with a chunk wholly to that chunk', () => {
    const chunks = spoken('One.', 'Two.');
    chunks.take(timesOf('One. '), 0);
    expect(chunks.take(timesOf('Two. '), 50)).toEqual([{ chunk: 1, fromMs: 0 }]);
  });

  it('passes over chunks without a character', () => {
    const chunks = spoken('', 'One.', '', 'Two.');
    expect(chunks.take(timesOf('One. Two. '), 0)).toEqual([
      { chunk: 1, fromMs: 0 },
      { chunk: 3, fromMs: 50 },
    ]);
  });

  it('times words from the first sample of the stream, over pieces', () => {
    const chunks = spoken('Good day.');
    chunks.take(timesOf('Good d'), 0);
    expect(chunks.wordsOf(0)).toBeNull();
    chunks.take(timesOf('ay. '), 60);
    expect(chunks.wordsOf(0)).toEqual([
      { text: 'Good', startMs: 0, endMs: 40 },
      { text: 'day.', startMs: 50, endMs: 90 },
    ]);
  });

  it('gives no times for words that were spoken otherwise than written', () => {
    const chunks = spoken('At 5 pm.');
    chunks.take(timesOf('At five pm. '), 0);
    expect(chunks.allSpoken).toBe(true);
    expect(chunks.wordsOf(0)).toBeNull();
    expect(chunks.spokenWordsOf(0)).toBeNull();
  });

  it('knows the words that were spoken to their ends so far', () => {
    const chunks = spoken('Good day, sir.', 'Bye.');
    expect(chunks.spokenWordsOf(0)).toBeNull();
    chunks.take(timesOf('Good day, s'), 0);
    expect(chunks.wordsOf(0)).toBeNull();
    expect(chunks.spokenWordsOf(0)).toEqual([
      { text: 'Good', startMs: 0, endMs: 40 },
      { text: 'day,', startMs: 50, endMs: 90 },
    ]);
    expect(chunks.spokenWordsOf(1)).toEqual([]);
    expect(chunks.spokenWordsOf(2)).toBeNull();
  });

  it('keeps a piece without times with the chunk that is being spoken', () => {
    expect(spoken('One.', 'Two.').take(null, 0)).toEqual([{ chunk: 0, fromMs: 0 }]);
  });

  it('finds every chunk and word of any text, however its audio is cut', () => {
    const word = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 6 })
      .filter((text) => /^\S+$/u.test(text));
    const texts = fc.array(fc.array(word, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(texts, fc.integer({ min: 1, max: 9 }), (chunkWords, pieceLength) => {
        const chunks = spoken(...chunkWords.map((words) => words.join(' ')));
        const characters = Array.from(chunkWords.map((words) => `${words.join(' ')} `).join(''));
        const order: number[] = [];
        for (let at = 0; at < characters.length; at += pieceLength) {
          const piece = characters.slice(at, at + pieceLength).join('');
          order.push(...chunks.take(timesOf(piece), at * 10).map(({ chunk }) => chunk));
        }
        expect(order).toEqual([...order].sort((a, b) => a - b));
        expect(chunks.allSpoken).toBe(true);
        expect(chunkWords.map((_, index) => chunks.wordsOf(index)?.map(({ text }) => text))).toEqual(
          chunkWords,
        );
      }),
    );
  });
});
