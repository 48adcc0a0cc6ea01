import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { TimedWord } from '../audio/timed-word.js';
import { SpeakableText } from './speakable-text.js';
import { SpokenText } from './spoken-text.js';

const rateHz = 8000;

function answer(...chunks: { text: string; ms: number; words?: TimedWord[] }[]): SpokenText {
  const spoken = new SpokenText(rateHz);
  for (const { text } of chunks) spoken.addText(new SpeakableText(text));
  chunks.forEach(({ ms, words }, index) => {
    if (ms > 0) spoken.addAudio(index, ms * 8);
    if (words) spoken.setWords(index, words);
    spoken.completeChunk(index);
  });
  return spoken;
}

const heardAtMs = (spoken: SpokenText, ms: number): string => spoken.heardText(ms * 8);

describe('what was heard of a voice that stopped early', () => {
  it('is the text with audio, then the text of the next voice', () => {
    const spoken = new SpokenText(rateHz);
    for (const text of ['Good morning. ', 'Good morning to you all. ', 'Bye.'])
      spoken.addText(new SpeakableText(text));
    spoken.addAudio(0, 800 * 8);
    spoken.addAudio(1, 400 * 8);
    spoken.breakOff();
    spoken.addText(new SpeakableText(' Sorry.'));
    spoken.addAudio(3, 500 * 8);
    expect(heardAtMs(spoken, 1200)).toBe('Good morning. Good');
    spoken.completeChunk(3);
    expect(heardAtMs(spoken, 1700)).toBe('Good morning. Good Sorry.');
  });

  it('is separated from what the same voice says instead', () => {
    const spoken = new SpokenText(rateHz);
    spoken.addText(new SpeakableText('Okay, the caller wants one. '));
    spoken.addAudio(0, 1000 * 8);
    spoken.breakOff();
    spoken.addText(new SpeakableText('Which day?'));
    spoken.addAudio(1, 500 * 8);
    spoken.completeChunk(1);
    expect(heardAtMs(spoken, 1500)).toBe('Okay, the Which day?');
  });
});

describe('the origin of the heard text', () => {
  const words: TimedWord[] = [
    { text: 'Come', startMs: 1200, endMs: 1500 },
    { text: 'in.', startMs: 1600, endMs: 2000 },
  ];

  it('is estimated only within a chunk without word times', () => {
    const spoken = answer({ text: 'We are open. ', ms: 1200 }, { text: 'Come in.', ms: 800, words });
    expect([0, 600, 1200, 1700, 2000].map((ms) => spoken.heardOrigin(ms * 8))).toEqual([
      'measured',
      'estimated',
      'measured',
      'measured',
      'measured',
    ]);
  });

  it('is estimated if the voice says that its times are estimates', () => {
    const spoken = answer({ text: 'We are open. ', ms: 1200 }, { text: 'Come in.', ms: 800 });
    spoken.setWords(1, words, 'estimated');
    expect(spoken.heardOrigin(1700 * 8)).toBe('estimated');
    spoken.setWords(1, words);
    expect(spoken.heardOrigin(1700 * 8)).toBe('measured');
  });

  it('is estimated at the end of a chunk that was cut off', () => {
    const spoken = new SpokenText(rateHz);
    spoken.addText(new SpeakableText('Good morning to you all.'));
    spoken.addAudio(0, 400 * 8);
    spoken.breakOff();
    expect(spoken.heardOrigin(400 * 8)).toBe('estimated');
  });
});

describe('what was heard, without word times', () => {
  const spoken = answer({ text: 'We are open. ', ms: 1200 }, { text: 'Come in.', ms: 800 });

  it.each([
    [0, ''],
    [199, ''],
    [200, 'We'],
    [600, 'We are'],
    [1199, 'We are'],
    [1200, 'We are open.'],
    [1300, 'We are open.'],
    [1700, 'We are open. Come'],
    [2100, 'We are open. Come in.'],
    [9000, 'We are open. Come in.'],
    [-10, ''],
  ])('at %i ms is the words whose share of the audio has ended: %j', (ms, text) => {
    expect(heardAtMs(spoken, ms)).toBe(text);
  });

  it('is estimated from the usual pace while a chunk is still being synthesized', () => {
    const partial = new SpokenText(rateHz);
    partial.addText(new SpeakableText('Good morning to you all'));
    partial.addAudio(0, 400 * 8);
    expect(heardAtMs(partial, 400)).toBe('Good');
    partial.completeChunk(0);
    expect(heardAtMs(partial, 400)).toBe('Good morning to you all');
  });
});

describe('what was heard, with word times', () => {
  const words = [
    { text: 'Come', startMs: 1350, endMs: 1500 },
    { text: 'in.', startMs: 1700, endMs: 2000 },
  ];
  const spoken = answer({ text: 'We are open. ', ms: 1300 }, { text: 'Come in.', ms: 800, words });

  it.each([
    [1499, 'We are open.'],
    [1500, 'We are open. Come'],
    [1999, 'We are open. Come'],
    [2000, 'We are open. Come in.'],
  ])('at %i ms is the words that have ended: %j', (ms, text) => {
    expect(heardAtMs(spoken, ms)).toBe(text);
  });

  it.each([
    [1300, 1300],
    [1350, 1350],
    [1400, 1350],
    [1600, 1600],
    [1999, 1700],
    [2050, 2050],
    [5000, 5000],
  ])('playing again after a cut at %i ms begins at %i ms', (cutMs, startMs) => {
    expect(spoken.wordStart(cutMs * 8)).toBe(startMs * 8);
  });
});

it('counts the words after a chunk without audio as heard', () => {
  const spoken = answer({ text: 'Well. ', ms: 300 }, { text: '~~ ', ms: 0 }, { text: 'Yes.', ms: 300 });
  expect(heardAtMs(spoken, 300)).toBe('Well.');
  expect(heardAtMs(spoken, 600)).toBe('Well. ~~ Yes.');
});

it('completes a chunk without a reported end once the next one has audio', () => {
  const spoken = new SpokenText(rateHz);
  for (const text of ['A rather long beginning. ', 'Yes.']) spoken.addText(new SpeakableText(text));
  spoken.addAudio(0, 300 * 8);
  expect(heardAtMs(spoken, 300)).toBe('A');
  spoken.addAudio(1, 100 * 8);
  expect(heardAtMs(spoken, 400)).toBe('A rather long beginning.');
  spoken.completeChunk(1);
  expect(heardAtMs(spoken, 400)).toBe('A rather long beginning. Yes.');
});

it('reports the text and the audio received so far', () => {
  const spoken = new SpokenText(rateHz);
  expect([spoken.text, spoken.samples, spoken.heardText(100), spoken.wordStart(100)]).toEqual([
    '',
    0,
    '',
    100,
  ]);
  spoken.addText(new SpeakableText('Hello \n'));
  spoken.addText(new SpeakableText('there.'));
  spoken.addAudio(0, 80);
  spoken.addAudio(0, 80);
  expect([spoken.text, spoken.samples]).toEqual(['Hello there.', 160]);
});

describe('what was heard of text that is spoken differently from how it is written', () => {
  it('is the written text up to the word that was cut', () => {
    const spoken = answer({ text: '- Write to **me@example.com** today.\n', ms: 1600 });
    // Said: "Write to me at example dot com today."
    expect(heardAtMs(spoken, 400)).toBe('- Write to');
    expect(heardAtMs(spoken, 1200)).toBe('- Write to');
    expect(heardAtMs(spoken, 1300)).toBe('- Write to **me@example.com**');
    expect(heardAtMs(spoken, 1600)).toBe('- Write to **me@example.com** today.');
  });

  it('follows the voice’s word times if there are any', () => {
    const words = ['Go', 'to', 'example', 'dot', 'com', 'now.'].map((text, index) => ({
      text,
      startMs: index * 100,
      endMs: index * 100 + 90,
    }));
    const spoken = answer({ text: 'Go to [https://example.com](https://example.com) now. ', ms: 800, words });
    expect(heardAtMs(spoken, 450)).toBe('Go to');
    expect(heardAtMs(spoken, 490)).toBe('Go to [https://example.com](https://example.com)');
    expect(spoken.wordStart(450 * 8)).toBe(400 * 8);
  });

  it('is cut between words in a script without spaces', () => {
    const spoken = answer({ text: '今天天气很好。', ms: 1400 });
    expect(heardAtMs(spoken, 900)).toBe('今天天气');
  });

  it('includes text that is not spoken once the words around it were heard', () => {
    const spoken = new SpokenText(rateHz);
    spoken.addSilentText('🎉 ');
    expect(spoken.text).toBe('');
    spoken.addText(new SpeakableText('Well. '));
    spoken.addSilentText('---\n');
    spoken.addText(new SpeakableText('Yes. '));
    spoken.addSilentText('👋');
    for (const chunk of [0, 1]) {
      spoken.addAudio(chunk, 300 * 8);
      spoken.completeChunk(chunk);
    }
    expect(spoken.text).toBe('🎉 Well. --- Yes. 👋');
    expect(heardAtMs(spoken, 10)).toBe('');
    expect(heardAtMs(spoken, 300)).toBe('🎉 Well.');
    expect(heardAtMs(spoken, 600)).toBe(spoken.text);
  });
});

describe('for any answer', () => {
  const plain = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '.', ','), minLength: 1, maxLength: 9 });
  const marked = fc.constantFrom('**a**', '**a', 'b@c.de', '&', 'https://c.de/b', '-', '🎉', '[b](c)', '`a`');
  const word = fc.oneof({ arbitrary: plain, weight: 3 }, { arbitrary: marked, weight: 1 });
  const chunk = fc.record({
    words: fc.array(
      fc.record({ text: word, gapMs: fc.nat(100), lengthMs: fc.double({ min: 1, max: 500, noNaN: true }) }),
      { minLength: 1, maxLength: 6 },
    ),
    ms: fc.integer({ min: 100, max: 2000 }),
    silent: fc.boolean(),
    aligned: fc.boolean(),
    complete: fc.boolean(),
  });
  const chunks = fc.array(chunk, { minLength: 1, maxLength: 5 });
  /** Some chunks lack audio, an end, or word times. */
  const answers = chunks.map((given) => answerOf(given));
  const audibleAnswers = chunks.map((given) => answerOf(given.map((one) => ({ ...one, silent: false }))));

  function answerOf(given: typeof chunks extends fc.Arbitrary<infer C> ? C : never): SpokenText {
    const spoken = new SpokenText(rateHz);
    for (const { words } of given)
      spoken.addText(new SpeakableText(`${words.map(({ text }) => text).join(' ')} `));
    given.forEach(({ words, ms, silent, aligned, complete }, index) => {
      let atMs = (spoken.samples / rateHz) * 1000;
      if (!silent) spoken.addAudio(index, ms * 8);
      if (complete) spoken.completeChunk(index);
      if (!aligned) return;
      // Words lie within the audio of their chunk.
      const scale = Math.min(1, ms / words.reduce((sum, { gapMs, lengthMs }) => sum + gapMs + lengthMs, 0));
      const timed = words.map(({ text, gapMs, lengthMs }) => {
        const startMs = atMs + gapMs * scale;
        atMs = startMs + lengthMs * scale;
        return { text, startMs, endMs: atMs };
      });
      spoken.setWords(index, timed);
    });
    return spoken;
  }
  const position = fc.integer({ min: -100, max: 90_000 });

  it('what was heard is a prefix of the text in whole words, and grows with the position', () => {
    fc.assert(
      fc.property(answers, position, position, (spoken, one, other) => {
        const [earlier, later] = [Math.min(one, other), Math.max(one, other)].map((at) =>
          spoken.heardText(at).split(' '),
        );
        const all = ['', ...spoken.text.split(' ')];
        for (const heard of [earlier, later]) {
          expect(all.slice(1, 1 + (heard?.length ?? 0))).toEqual(heard?.join('') === '' ? [all[1]] : heard);
        }
        expect(later?.join(' ').startsWith(earlier?.join(' ') ?? '')).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('a word begins no later than the position that cuts it, and finding its beginning twice changes nothing', () => {
    fc.assert(
      fc.property(answers, position, (spoken, at) => {
        const start = spoken.wordStart(at);
        expect(start).toBeLessThanOrEqual(at);
        expect(spoken.wordStart(start)).toBe(start);
      }),
      { numRuns: 1000 },
    );
  });

  it('no heard word lies after the place where playout resumes', () => {
    fc.assert(
      fc.property(audibleAnswers, position, (spoken, at) => {
        expect(spoken.heardText(spoken.wordStart(at))).toBe(spoken.heardText(at));
      }),
      { numRuns: 1000 },
    );
  });
});
