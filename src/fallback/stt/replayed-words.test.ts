import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { afterTakeover } from './replayed-words.js';

const word = (text: string, startMs: number, endMs: number) => ({ text, startMs, endMs });

describe('the words of a recogniser that took over', () => {
  it('get the times of the whole call', () => {
    const said = { text: 'Hello there.', words: [word('Hello', 100, 400), word('there.', 500, 800)] };
    expect(afterTakeover(said, { startMs: 2000, saidUntilMs: 1900 })).toEqual({
      text: 'Hello there.',
      words: [word('Hello', 2100, 2400), word('there.', 2500, 2800)],
    });
  });

  it('are left out if their middle lies before the end of earlier finals', () => {
    const words = [word('one', 0, 200), word('two', 200, 400)];
    const takeover = { startMs: 1000, saidUntilMs: 1301 };
    expect(afterTakeover({ text: 'one two', words }, takeover).text).toBe('');
    expect(afterTakeover({ text: 'one two', words }, { ...takeover, saidUntilMs: 1300 }).text).toBe('two');
  });

  it('all count as new if they have no times, with their text unchanged', () => {
    expect(afterTakeover({ text: 'Hello,  there' }, { startMs: 1000, saidUntilMs: 5000 })).toEqual({
      text: 'Hello,  there',
    });
  });

  it('are unchanged if the recogniser began with the call', () => {
    const said = { text: 'Hello', words: [word('Hello', 0, 10)] };
    expect(afterTakeover(said, { startMs: 0, saidUntilMs: 0 })).toEqual(said);
  });

  it('complete the earlier words, wherever the cut: together they are all words, each once and in order', () => {
    const lengths = fc.array(fc.record({ gap: fc.nat(300), length: fc.integer({ min: 1, max: 600 }) }), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(
        lengths,
        fc.nat(12),
        fc.nat(2000),
        fc.integer({ min: -1, max: 1 }),
        (spoken, said, lead, off) => {
          let atMs = 0;
          const words = spoken.map(({ gap, length }, index) => {
            const startMs = atMs + gap;
            atMs = startMs + length;
            return word(`w${index}`, startMs, atMs);
          });
          const before = words.slice(0, said);
          const saidUntilMs = before.at(-1)?.endMs ?? 0;
          const startMs = Math.max(0, saidUntilMs - lead);
          // The other recogniser's times differ slightly; words shorter than the difference cannot be distinguished.
          fc.pre(words.every(({ startMs: from, endMs }) => endMs - from > 4));
          const heard = words
            .filter(({ endMs }) => endMs > startMs)
            .map(({ text, startMs: from, endMs }) => word(text, from - startMs + off, endMs - startMs + off));
          const after = afterTakeover(
            { text: heard.map(({ text }) => text).join(' '), words: heard },
            { startMs, saidUntilMs },
          );
          const together = [...before.map(({ text }) => text), after.text]
            .filter((text) => text !== '')
            .join(' ');
          expect(together).toBe(words.map(({ text }) => text).join(' '));
        },
      ),
    );
  });
});
