import { describe, expect, it } from '@jest/globals';
import { GivenWords } from './given-words.js';

const word = (text: string, startMs: number, endMs: number) => ({ text, startMs, endMs });
const said = (...words: readonly ReturnType<typeof word>[]) => ({
  text: words.map(({ text }) => text).join(' '),
  words,
});
/** A stream that began with the call and has said "book it". */
function stream(): GivenWords {
  const given = new GivenWords();
  given.take([word('book', 0, 300), word('it', 300, 600)]);
  return given;
}
const takeover = { startMs: 0, saidUntilMs: 600 };

describe('an answer to a flush', () => {
  it('keeps the times of its words if they are possible', () => {
    const answer = said(word('on', 900, 1000), word('Friday', 1000, 1400));
    expect(stream().answer(answer, takeover, 0, false)).toEqual(answer);
  });

  it('loses the times of its words if they lie before earlier words of the stream', () => {
    expect(stream().answer(said(word('on', 0, 200), word('Friday', 200, 900)), takeover, 0, false)).toEqual({
      text: 'on Friday',
    });
    expect(stream().answer(said(word('on', 0, 200), word('Friday', 200, 500)), takeover, 0, false)).toEqual({
      text: 'on Friday',
    });
  });

  it('leaves out words that repeat an earlier final', () => {
    const again = [word('book', 0, 300), word('it', 300, 600)];
    expect(stream().answer(said(...again), takeover, 0, false).text).toBe('');
    expect(stream().answer(said(...again, word('now', 700, 900)), takeover, 0, false).text).toBe('now');
  });

  it('has words of its own after new speech, though they are the last ones with the same times', () => {
    const again = [word('book', 0, 300), word('it', 300, 600)];
    expect(stream().answer(said(...again), takeover, 0, true)).toEqual({ text: 'book it' });
    expect(stream().answer(said(...again, word('now', 700, 900)), takeover, 0, true).text).toBe('now');
  });

  it('keeps all its words once the times of the stream have proved wrong', () => {
    const given = stream();
    given.answer(said(word('yes', 0, 300)), takeover, 0, false);
    given.take([word('yes', 0, 300)]);
    expect(given.answer(said(word('yes', 0, 300)), { startMs: 0, saidUntilMs: 2000 }, 0, false)).toEqual({
      text: 'yes',
    });
  });

  it('of a stream that took over leaves out the words of earlier streams', () => {
    const given = new GivenWords();
    const answer = said(word('it', 0, 200), word('now', 400, 600));
    expect(given.answer(answer, { startMs: 400, saidUntilMs: 600 }, 600, false)).toEqual({
      text: 'now',
      words: [word('now', 800, 1000)],
    });
  });
});
