import { describe, expect, it } from '@jest/globals';
import type { SpokenWord } from './cartesia-tts-messages.js';
import { isSpeakable, SpokenChunks } from './spoken-chunks.js';

function chunksOf(...texts: readonly string[]): SpokenChunks {
  const chunks = new SpokenChunks();
  for (const text of texts) chunks.add(text);
  return chunks;
}

/** Words of 100 ms each. */
function timed(text: string, fromMs = 0): SpokenWord[] {
  return text
    .split(' ')
    .map((word, at) => ({ text: word, startMs: fromMs + at * 100, endMs: fromMs + (at + 1) * 100 }));
}

describe('the chunk of a piece of audio', () => {
  it('follows the flush ids, whatever numbers they are', () => {
    const chunks = chunksOf('One two.', 'Three.', 'Four.');
    expect([1, 1, 3, 3, 7].map((id) => chunks.take(100, id))).toEqual([0, 0, 1, 1, 2]);
    expect([chunks.complete, chunks.owesAudio]).toEqual([2, true]);
    chunks.flushed(7);
    expect([chunks.complete, chunks.owesAudio, chunks.allSpoken]).toEqual([3, false, true]);
  });

  it('follows the reports of flushes where pieces have no ids', () => {
    const chunks = chunksOf('One two.', '...', 'Three.');
    expect(chunks.take(100, null)).toBe(0);
    chunks.flushed(1);
    // A flush that the server added.
    chunks.flushed(2);
    expect(chunks.complete).toBe(2);
    expect(chunks.take(100, null)).toBe(2);
    chunks.flushed(3);
    expect(chunks.take(100, null)).toBeNull();
  });

  it('follows the times of words where there are no reports at all', () => {
    const chunks = chunksOf('One two.', 'Three.');
    chunks.time(timed('One two.'));
    chunks.time(timed('Three.', 200));
    expect([100, 100, 100].map((ms) => chunks.take(ms, null))).toEqual([0, 0, 1]);
  });

  it('is the last one for audio of a further id, unless the answer is over', () => {
    const chunks = chunksOf('One.');
    expect([1, 2].map((id) => chunks.take(100, id))).toEqual([0, 0]);
    expect(chunks.take(100, 3, true)).toBeNull();
  });

  it('starts its ids again in a new context', () => {
    const chunks = chunksOf('One.');
    chunks.take(100, 4);
    chunks.flushed(4);
    chunks.add('Two.');
    chunks.beginContext();
    expect(chunks.take(100, 1)).toBe(1);
    chunks.time(timed('Two.'));
    expect(chunks.wordsOf(1)?.words).toEqual([{ text: 'Two.', startMs: 100, endMs: 200 }]);
  });

  it('ignores a late report of an earlier flush', () => {
    const chunks = chunksOf('One.', 'Two.');
    chunks.take(100, 1);
    chunks.take(100, 2);
    chunks.flushed(1);
    expect(chunks.complete).toBe(1);
  });

  it('owes nothing, without reports, once the audio is long enough for the text', () => {
    const chunks = chunksOf('One two.');
    expect(chunks.owesAudio).toBe(true);
    chunks.take(8 * 40, null);
    expect(chunks.owesAudio).toBe(false);
  });
});

describe('the words of a chunk', () => {
  it('are those of the text, with the reported times', () => {
    const chunks = chunksOf('Sure – “one” moment.');
    chunks.take(400, 1);
    chunks.time(timed('Sure one moment'));
    expect(chunks.wordsOf(0)).toEqual({
      origin: 'measured',
      words: [
        { text: 'Sure', startMs: 0, endMs: 100 },
        { text: '–', startMs: 100, endMs: 100 },
        { text: '“one”', startMs: 100, endMs: 200 },
        { text: 'moment.', startMs: 200, endMs: 300 },
      ],
    });
  });

  it('are made of characters where these are reported, as for Japanese', () => {
    const chunks = chunksOf('こんにちは。');
    chunks.take(600, 1);
    chunks.time(timed('こ ん に ち は 。'));
    expect(chunks.wordsOf(0)?.words).toEqual([{ text: 'こんにちは。', startMs: 0, endMs: 500 }]);
  });

  it('are estimated where times are missing, and have none if all are', () => {
    const chunks = chunksOf('It is 2 + 2.');
    chunks.take(500, 1);
    expect(chunks.wordsOf(0)).toBeNull();
    expect(chunks.spokenWordsOf(0)).toBeNull();
    chunks.time(timed('It is'));
    expect(chunks.wordsOf(0)).toMatchObject({ origin: 'estimated', words: [{}, {}, {}, {}, { endMs: 500 }] });
  });

  it('count from the beginning of their chunk if the server starts again', () => {
    const chunks = chunksOf('One two three four five.', 'Six.');
    chunks.time(timed('One two three four five.'));
    chunks.take(500, 1);
    chunks.flushed(1);
    chunks.take(200, 2);
    chunks.time(timed('Six.', 50));
    expect(chunks.wordsOf(1)?.words).toEqual([{ text: 'Six.', startMs: 550, endMs: 650 }]);
  });

  it('count as spoken once their audio has arrived', () => {
    const chunks = chunksOf('One two three.');
    chunks.time(timed('One two three.'));
    chunks.take(200, 1);
    expect(chunks.spokenWordsOf(0)?.words.map(({ text }) => text)).toEqual(['One', 'two']);
  });

  it('are not those of another text', () => {
    const chunks = chunksOf('One two.');
    chunks.time(timed('This is stale.'));
    chunks.take(300, 1);
    expect(chunks.wordsOf(0)).toBeNull();
  });
});

it.each([
  ['Yes.', true],
  ['42', true],
  ['…', false],
  [' ', false],
])('%j has something to say: %s', (text, expected) => {
  expect(isSpeakable(text)).toBe(expected);
});
