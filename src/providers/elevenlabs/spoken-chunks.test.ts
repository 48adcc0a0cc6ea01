import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { elevenLabsTimings } from '../../simulators/elevenlabs/elevenlabs-manners.js';
import { timingOf, type TimingFields } from '../../simulators/elevenlabs/simulated-timing.js';
import { piecesOf, toneVoice, type AudioPiece } from '../../simulators/simulated-voice.js';
import { readCharacterTimes, type CharacterTimes } from './character-times.js';
import { SpokenChunks } from './spoken-chunks.js';

/** Characters of 10 ms each. */
function timesOf(text: string): readonly CharacterTimes[] {
  const chars = Array.from(text);
  return [
    {
      chars,
      startMs: chars.map((_, index) => index * 10),
      endMs: chars.map((_, index) => index * 10 + 10),
    },
  ];
}

function spoken(...texts: readonly string[]): SpokenChunks {
  const chunks = new SpokenChunks();
  for (const text of texts) chunks.add(text);
  return chunks;
}

/** Has a piece spoken that is as long as its characters. */
function say(chunks: SpokenChunks, text: string, times = timesOf(text)): readonly object[] {
  return chunks.take(times, Array.from(text).length * 10);
}

describe('SpokenChunks', () => {
  it('tells where in a piece of audio the next chunk begins', () => {
    expect(say(spoken('One.', 'Two.'), 'One. Two. ')).toEqual([
      { chunk: 0, fromMs: 0 },
      { chunk: 1, fromMs: 50 },
    ]);
  });

  it('gives a piece that begins with a chunk wholly to that chunk', () => {
    const chunks = spoken('One.', 'Two.');
    say(chunks, 'One. ');
    expect(say(chunks, 'Two. ')).toEqual([{ chunk: 1, fromMs: 0 }]);
  });

  it('passes over chunks without a character', () => {
    const chunks = spoken('', 'One.', '', 'Two.');
    expect(say(chunks, 'One. Two. ')).toEqual([
      { chunk: 1, fromMs: 0 },
      { chunk: 3, fromMs: 50 },
    ]);
  });

  it('times words from the first sample, over pieces', () => {
    const chunks = spoken('Good day.');
    say(chunks, 'Good d');
    expect(chunks.spokenWordsOf(0)?.words).toEqual([{ text: 'Good', startMs: 0, endMs: 40 }]);
    say(chunks, 'ay. ');
    expect(chunks.wordsOf(0)).toEqual({
      origin: 'measured',
      words: [
        { text: 'Good', startMs: 0, endMs: 40 },
        { text: 'day.', startMs: 50, endMs: 90 },
      ],
    });
  });

  it.each([
    ['a number that is said', 'At 12 we close.', 'At twelve we close. ', [0, 30, 100, 130]],
    [
      'a name that is said otherwise',
      'Ask for Siobhan at ten.',
      'Ask for Shivawn at ten. ',
      [0, 40, 80, 160, 190],
    ],
    ['a letter that is left out', 'We are open today.', 'We ae open today. ', [0, 30, 60, 110]],
    ['a space too many', 'First-time callers.', 'First- time callers. ', [0, 120]],
  ])('finds the words around %s', (_what, written, said, startsMs) => {
    const chunks = spoken(written);
    for (let at = 0; at < said.length; at += 6) say(chunks, said.slice(at, at + 6));
    const { words, origin } = chunks.wordsOf(0)!;
    expect(origin).toBe('measured');
    expect(words.map(({ text }) => text)).toEqual(written.split(' '));
    words.forEach(({ startMs }, index) =>
      expect(Math.abs(startMs - startsMs[index]!)).toBeLessThanOrEqual(60),
    );
  });

  it('says that it guesses where most of a sentence was said otherwise', () => {
    const chunks = spoken('Le numéro est 42 17 99 et rien de plus.');
    say(chunks, 'the number is forty two seventeen ninety nine. ');
    expect(chunks.wordsOf(0)?.origin ?? 'estimated').toBe('estimated');
  });

  it('knows the words that were spoken to their ends so far', () => {
    const chunks = spoken('Good day, sir.', 'Bye.');
    expect(chunks.spokenWordsOf(0)).toBeNull();
    say(chunks, 'Good day, s');
    expect(chunks.spokenWordsOf(0)?.words).toEqual([
      { text: 'Good', startMs: 0, endMs: 40 },
      { text: 'day,', startMs: 50, endMs: 90 },
    ]);
    expect(chunks.spokenWordsOf(1)?.words).toEqual([]);
    expect(chunks.spokenWordsOf(2)).toBeNull();
  });

  it('does not count words as spoken whose times came before their audio', () => {
    const chunks = spoken('Good day, sir, what can I do for you?');
    chunks.take(timesOf('Good day, sir, what can I do for you? '), 50);
    expect(chunks.spokenWordsOf(0)?.words.map(({ text }) => text)).toEqual(['Good']);
    expect(chunks.allSpoken).toBe(false);
  });

  it('moves on by the pace where there are no times, at the edge of a piece', () => {
    const chunks = spoken('Good morning to you.', 'How are you?');
    const order = Array.from({ length: 9 }, () => chunks.take([], 240).map(({ chunk }) => chunk));
    expect(order.flat()).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 1]);
  });

  it("moves on by the server's word where it gives it", () => {
    const chunks = spoken('Good morning to you.', 'Yes.');
    chunks.take([], 240);
    expect(chunks.flushed()).toBe(1);
    expect(chunks.take([], 240)).toEqual([{ chunk: 1, fromMs: 0 }]);
    expect(chunks.owesAudio).toBe(true);
    expect(chunks.flushed()).toBe(2);
    expect([chunks.owesAudio, chunks.allSpoken]).toEqual([false, true]);
  });

  const greeting = 'We are open from nine to five on every day of the week.';
  it.each([
    ['all of it is said', greeting, 3300, false],
    ['the last characters have no times', greeting.slice(0, -4), 3060, false],
    ['the last words have no times but are heard', greeting.slice(0, 24), 2800, false],
    ['it ends in the middle', greeting.slice(0, 24), 1440, true],
    ['it ends before its last words', greeting.slice(0, 36), 2160, true],
    ['its times run ahead of what came', greeting, 1440, true],
    ['its times run ahead of what is long enough', greeting, 2400, false],
    ['nothing of it has times', '', 1440, false],
    ['what has times is some other text', 'zz qq xx', 1440, false],
  ])('knows whether an answer is cut where %s', (_what, timed, audioMs, isCut) => {
    const chunks = spoken(greeting);
    const chars = Array.from(timed);
    const startMs = chars.map((_, index) => index * 60);
    const pass = { chars, startMs, endMs: startMs.map((ms) => ms + 60) };
    chunks.take(chars.length > 0 ? [pass] : [], audioMs);
    expect(chunks.isCut).toBe(isCut);
  });

  it("takes the server's word that all texts were spoken for the end of them", () => {
    const chunks = spoken(greeting);
    say(chunks, greeting.slice(0, 24));
    expect(chunks.isCut).toBe(true);
    chunks.flushed();
    expect(chunks.isCut).toBe(false);
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
          const piece = characters.slice(at, at + pieceLength);
          order.push(...chunks.take(timesOf(piece.join('')), piece.length * 10).map(({ chunk }) => chunk));
        }
        expect(order).toEqual([...order].sort((a, b) => a - b));
        expect(chunks.allSpoken).toBe(true);
        expect(chunkWords.map((_, index) => chunks.wordsOf(index)?.words.map(({ text }) => text))).toEqual(
          chunkWords,
        );
      }),
    );
  });
});

const sentences = ['Sure, I can book 2 of them.', 'What day works for you?', 'Sure, take your time.'];
/** Where each word of the sentences begins; the voice takes 60 ms for a character, and speaks the space behind a sentence. */
const trueStartsMs = ((): number[][] => {
  let sentenceMs = 0;
  return sentences.map((sentence) => {
    const starts = [...sentence.matchAll(/\S+/g)].map(({ index }) => sentenceMs + index * 60);
    sentenceMs += (sentence.length + 1) * 60;
    return starts;
  });
})();

/** The times of a sentence's pieces; `contextMs` is the audio before the sentence. */
type Timing = (pieces: readonly AudioPiece[], contextMs: number) => readonly TimingFields[];

function speakAll(timing: Timing, pieceMs: number): SpokenChunks {
  const chunks = spoken(...sentences);
  let contextMs = 0;
  for (const sentence of sentences) {
    const pieces = piecesOf(
      toneVoice(`${sentence} `, 8000),
      { encoding: 'mulaw', sampleRateHz: 8000 },
      pieceMs,
    );
    for (const [index, times] of timing(pieces, contextMs).entries()) {
      const { alignment, normalizedAlignment } = times;
      const own = readCharacterTimes(alignment);
      chunks.take(
        own.length > 0 ? own : readCharacterTimes(normalizedAlignment),
        pieces[index]?.lengthMs ?? 0,
      );
    }
    contextMs += pieces.reduce((sum, { lengthMs }) => sum + lengthMs, 0);
  }
  return chunks;
}

/** The times of these pieces in one message, moved, and in another unit. */
function timesOfAll(pieces: readonly AudioPiece[], byMs: number, unit = 1): TimingFields {
  const startMs = pieces.flatMap((piece) => piece.alignment.charStartTimesMs.map((ms) => ms + piece.startMs));
  return {
    alignment: {
      chars: pieces.flatMap(({ alignment }) => alignment.chars),
      charStartTimesMs: startMs.map((ms) => (ms + byMs) * unit),
    },
  };
}

function onlyWith(at: number, pieces: readonly AudioPiece[], byMs: number): TimingFields[] {
  return pieces.map((_, index) => (index === at ? timesOfAll(pieces, byMs) : { alignment: null }));
}

function wordsWithTimes({ alignment }: AudioPiece): TimingFields {
  const words = [...alignment.chars.join('').matchAll(/\S+\s*/g)];
  return {
    alignment: { chars: words.map(([word]) => word), charStartTimesMs: words.map(({ index }) => index * 60) },
  };
}

const seen = elevenLabsTimings.map((name): [string, Timing] => [
  name,
  (pieces, contextMs) => timingOf(name, pieces, contextMs),
]);
const guessed = ['none', 'no_characters', 'nonsense'];
/** Variations of which no report is known. */
const unseen: [string, Timing][] = [
  ['all with the first piece, relative to the context', (pieces, ms) => onlyWith(0, pieces, ms)],
  ['all with the last piece', (pieces) => onlyWith(pieces.length - 1, pieces, 0)],
  [
    'all with the last piece, relative to the context',
    (pieces, ms) => onlyWith(pieces.length - 1, pieces, ms),
  ],
  [
    'all so far with each piece',
    (pieces) => pieces.map((_, index) => timesOfAll(pieces.slice(0, index + 1), 0)),
  ],
  ['a little behind the audio', (pieces, ms) => pieces.map((piece) => timesOfAll([piece], ms + 90))],
  ['whole words', (pieces) => pieces.map(wordsWithTimes)],
];
/** Pieces of three characters are too short to show the unit. */
const inSeconds: Timing = (pieces) => pieces.map((piece) => timesOfAll([piece], -piece.startMs, 0.001));
const all: [string, Timing][] = [...seen, ...unseen, ['seconds in the name of milliseconds', inSeconds]];
const sound = [...seen.filter(([name]) => !guessed.includes(name)), ...unseen];

describe.each([180, 240, 700])('the times of words, in pieces of %i ms', (pieceMs) => {
  it.each(sound)('are known within a word where they come as %s', (_name, timing) => {
    const chunks = speakAll(timing, pieceMs);
    for (const [index, sentence] of sentences.entries()) {
      const { words, origin } = chunks.wordsOf(index)!;
      expect(words.map(({ text }) => text)).toEqual(sentence.split(' '));
      expect(origin).toBe('measured');
      words.forEach(({ startMs }, word) => {
        expect(Math.abs(startMs - trueStartsMs[index]![word]!)).toBeLessThanOrEqual(240);
      });
    }
  });

  it.each(all)('never go back, nor leave their chunk, where they come as %s', (_name, timing) => {
    const chunks = speakAll(timing, pieceMs);
    let lastMs = 0;
    for (const index of sentences.keys())
      for (const { startMs, endMs } of chunks.wordsOf(index)?.words ?? []) {
        expect(startMs).toBeGreaterThanOrEqual(lastMs - 1e-6);
        expect(endMs).toBeGreaterThanOrEqual(startMs);
        lastMs = endMs;
      }
  });

  it.each(all)('do not make an answer seem cut that is whole where they come as %s', (_name, timing) => {
    expect(speakAll(timing, pieceMs).isCut).toBe(false);
  });

  it.each(all)('leave nothing owed at the end where they come as %s', (_name, timing) => {
    expect(speakAll(timing, pieceMs).owesAudio).toBe(false);
  });
});
