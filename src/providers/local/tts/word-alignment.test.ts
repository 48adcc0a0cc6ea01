import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { alignWords, type PlacedPhone, type PronouncedWord } from './word-alignment.js';

/** Phones of 100 ms each, back to back. */
function spoken(phones: string, startMs = 0): PlacedPhone[] {
  const names = phones.split(' ').filter((phone) => phone !== '');
  return names.map((phone, index) => ({
    phone,
    startMs: startMs + index * 100,
    endMs: startMs + (index + 1) * 100,
  }));
}

function words(...list: [text: string, phones: string][]): PronouncedWord[] {
  return list.map(([text, phones]) => ({ text, phones: phones.split(' ').filter((phone) => phone !== '') }));
}

const times = (placed: PlacedPhone[], expected: PronouncedWord[]): [string, number, number][] =>
  alignWords(placed, expected).map(({ text, startMs, endMs }) => [text, startMs, endMs]);

describe('word alignment', () => {
  it('gives each word the sounds that it has', () => {
    const expected = words(['yes', 'y eh s'], ['sir', 's er']);
    expect(times(spoken('y eh s s er', 50), expected)).toEqual([
      ['yes', 50, 350],
      ['sir', 350, 550],
    ]);
  });

  it('holds a word that sounds different in the sentence in place by its neighbours', () => {
    const expected = words(['see', 's iy'], ['Dr.', 'd r ay v'], ['Smith', 's m ih th']);
    expect(times(spoken('s iy d aa k t er s m ih th'), expected)).toEqual([
      ['see', 0, 200],
      ['Dr.', 200, 700],
      ['Smith', 700, 1100],
    ]);
  });

  it('leaves the pause between two words to neither', () => {
    const placed = [...spoken('ow k ey'), ...spoken('b ay', 900)];
    expect(times(placed, words(['Okay,', 'ow k ey'], ['bye', 'b ay']))).toEqual([
      ['Okay,', 0, 300],
      ['bye', 900, 1100],
    ]);
  });

  it('gives a word without sounds an instant', () => {
    const expected = words(['—', ''], ['well', 'w eh l'], ['—', ''], ['no', 'n ow']);
    expect(times(spoken('w eh l n ow', 20), expected)).toEqual([
      ['—', 20, 20],
      ['well', 20, 320],
      ['—', 320, 320],
      ['no', 320, 520],
    ]);
    expect(alignWords([], words(['…', '']), 700)).toEqual([{ text: '…', startMs: 700, endMs: 700 }]);
  });

  it('keeps the words of the text, in order and inside the speech, whatever is heard', () => {
    const phone = fc.constantFrom('aa', 'iy', 's', 't', 'k', 'm');
    const sound = fc.array(phone, { maxLength: 6 });
    fc.assert(
      fc.property(fc.array(phone, { maxLength: 30 }), fc.array(sound, { maxLength: 8 }), (heard, sounds) => {
        const placed = spoken(heard.join(' '));
        const expected = sounds.map((phones, index) => ({ text: `w${index}`, phones }));
        const aligned = alignWords(placed, expected);
        expect(aligned.map(({ text }) => text)).toEqual(expected.map(({ text }) => text));
        let lastEndMs = 0;
        for (const { startMs, endMs } of aligned) {
          expect(startMs).toBeGreaterThanOrEqual(lastEndMs);
          expect(endMs).toBeGreaterThanOrEqual(startMs);
          lastEndMs = endMs;
        }
        expect(lastEndMs).toBeLessThanOrEqual(heard.length * 100);
      }),
    );
  });
});
