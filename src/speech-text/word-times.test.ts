import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { wordSpans } from './text-characters.js';
import { placeWords } from './word-times.js';

type Times = [text: string, startMs: number, endMs: number];

const timesOf = (text: string, voice: readonly Times[]): Times[] => {
  const spans = wordSpans(text);
  const words = voice.map(([word, startMs, endMs]) => ({ text: word, startMs, endMs }));
  return placeWords(text, spans, words).map(({ startMs, endMs }, index) => [
    text.slice(spans[index]?.start, spans[index]?.end),
    startMs,
    endMs,
  ]);
};

describe('the times of words', () => {
  it('are those of the voice if it reports the same words', () => {
    const voice: Times[] = [
      ['We', 0, 100],
      ['are', 110, 200],
      ['open.', 220, 400],
    ];
    expect(timesOf('We are open.', voice)).toEqual(voice);
  });

  it('are found if the voice omits punctuation', () => {
    const voice: Times[] = [
      ['Yes', 0, 100],
      ['we', 200, 300],
    ];
    expect(timesOf('"Yes," – we', voice)).toEqual([
      ['"Yes,"', 0, 100],
      ['–', 100, 100],
      ['we', 200, 300],
    ]);
  });

  it('divide the time of text that the voice reports as one word', () => {
    expect(timesOf('今天天气好', [['今天天气好', 0, 500]])).toEqual([
      ['今天', 0, 200],
      ['天气', 200, 400],
      ['好', 400, 500],
    ]);
  });

  it('are estimated by length from where the voice’s words differ', () => {
    const times = timesOf('At 12 we close', [
      ['At', 0, 100],
      ['twelve', 100, 300],
      ['we', 300, 400],
      ['close', 400, 600],
    ]);
    expect(times[0]).toEqual(['At', 0, 100]);
    expect(times.at(-1)?.[2]).toBe(600);
    for (const [, startMs, endMs] of times) expect(startMs).toBeLessThanOrEqual(endMs);
  });

  it('are infinite for words that the voice has not timed', () => {
    expect(timesOf('We are.', [['We', 0, 100]])).toEqual([
      ['We', 0, 100],
      ['are.', Infinity, Infinity],
    ]);
  });

  it('ascend for any words whose times ascend', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', ',', '好', '天'), minLength: 1, maxLength: 5 });
    const voice = fc.array(fc.record({ text: word, gapMs: fc.nat(50), lengthMs: fc.nat(200) }), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(fc.array(word, { maxLength: 8 }), voice, (text, said) => {
        let atMs = 0;
        const words = said.map(({ text: one, gapMs, lengthMs }): Times => {
          const startMs = atMs + gapMs;
          atMs = startMs + lengthMs;
          return [one, startMs, atMs];
        });
        let lastEndMs = 0;
        for (const [, startMs, endMs] of timesOf(text.join(' '), words)) {
          expect(startMs).toBeLessThanOrEqual(endMs);
          expect(endMs).toBeGreaterThanOrEqual(lastEndMs - 1e-6);
          lastEndMs = endMs;
        }
      }),
      { numRuns: 1000 },
    );
  });
});
