import { describe, expect, it } from '@jest/globals';
import type { SttEvent } from '../speech-to-text.js';
import { TurnTranscript, type Turn } from './turn-transcript.js';

/** A turn whose words last 300 ms each. */
function turn(order: number, text: string, more: Partial<Turn> & { readonly fromMs?: number } = {}): Turn {
  const { fromMs = 0, ...rest } = more;
  const spelling = text.split(' ').filter((word) => word !== '');
  const words = spelling.map((word, at) => ({
    text: word,
    startMs: fromMs + at * 300,
    endMs: fromMs + (at + 1) * 300,
  }));
  return { order, isFormatted: false, isEnd: false, text, words, spelling, ...rest };
}

const end = { isEnd: true } as const;
const texts = (events: readonly SttEvent[]): string[] =>
  events.map((event) => (event.type === 'final' || event.type === 'partial' ? event.text : event.type));

describe("AssemblyAI's transcript", () => {
  it('has all words of a turn in partials, also those that may change', () => {
    const transcript = new TurnTranscript({ formatTurns: false });
    const { events } = transcript.take({ ...turn(0, 'book my'), text: 'book' });
    expect(events).toMatchObject([{ type: 'partial', text: 'book my' }]);
    expect(transcript.take(turn(0, 'book my')).events).toEqual([]);
  });

  it('answers a flush with the end of the turn, once', () => {
    const transcript = new TurnTranscript({ formatTurns: false });
    expect(transcript.flush(1000)).toEqual({ events: [], asksForFinal: true });
    expect(transcript.take(turn(0, 'book it', end)).events).toMatchObject([
      { type: 'final', text: 'book it', endOfUtterance: true, untilMs: 1000, answersFlush: true },
    ]);
    expect(transcript.take(turn(0, 'Book it.', { ...end, isFormatted: true })).events).toEqual([]);
    expect(transcript.take(turn(0, 'book')).events).toEqual([]);
  });

  it('ends an utterance where AssemblyAI has found the end', () => {
    const transcript = new TurnTranscript({ formatTurns: false });
    expect(transcript.take(turn(0, 'book it', end)).events).toMatchObject([
      { text: 'book it', endOfUtterance: true, untilMs: 600, answersFlush: false },
    ]);
    expect(transcript.take(turn(1, '', end)).events).toEqual([]);
  });

  it('answers at once where nothing was sent since the last flush', () => {
    const transcript = new TurnTranscript({ formatTurns: false });
    expect(transcript.flush(0).events).toMatchObject([{ text: '', answersFlush: true }]);
    expect(transcript.flush(500)).toEqual({ events: [], asksForFinal: true });
    expect(transcript.flush(500)).toEqual({ events: [], asksForFinal: false });
    expect(texts(transcript.take(turn(0, 'yes', end)).events)).toEqual(['yes', '']);
    expect(transcript.pendingFlushes).toBe(0);
  });

  it('takes the formatted end where it is asked for, and the other where none comes', () => {
    const transcript = new TurnTranscript({ formatTurns: true });
    transcript.flush(1000);
    expect(transcript.take(turn(0, 'book it', end))).toEqual({ events: [], settleInMs: 300 });
    expect(texts(transcript.take(turn(0, 'Book it.', { ...end, isFormatted: true })).events)).toEqual([
      'Book it.',
    ]);
    expect(transcript.settle().events).toEqual([]);
    transcript.flush(2000);
    transcript.take(turn(1, 'and this', end));
    expect(texts(transcript.settle().events)).toEqual(['and this']);
    expect(transcript.take(turn(1, 'And this.', { ...end, isFormatted: true })).events).toEqual([]);
  });

  it('gives a held end when the next turn begins', () => {
    const transcript = new TurnTranscript({ formatTurns: true });
    transcript.take(turn(0, 'book it', end));
    expect(texts(transcript.take(turn(1, 'now', { fromMs: 900 })).events)).toEqual(['book it', 'now']);
  });

  it('repeats no words that were given when the answer was overdue', () => {
    const transcript = new TurnTranscript({ formatTurns: false });
    transcript.take(turn(0, 'book my'));
    transcript.flush(1000);
    expect(transcript.giveUpFlush().events).toMatchObject([
      { text: 'book my', untilMs: 600, answersFlush: true },
    ]);
    transcript.flush(2000);
    expect(transcript.take(turn(0, 'book my appointment', end)).events).toMatchObject([
      { text: 'appointment', answersFlush: false },
    ]);
    expect(texts(transcript.take(turn(1, 'please', { ...end, fromMs: 1200 })).events)).toEqual(['please']);
    expect(transcript.pendingFlushes).toBe(0);
  });

  it('answers the flush behind a held end that was given when its answer was overdue', () => {
    const transcript = new TurnTranscript({ formatTurns: true });
    transcript.flush(1000);
    transcript.take(turn(0, 'book it', end));
    expect(texts(transcript.giveUpFlush().events)).toEqual(['book it']);
    transcript.flush(2000);
    const next = turn(1, 'Now.', { ...end, isFormatted: true, fromMs: 900 });
    expect(transcript.take(next).events).toMatchObject([{ text: 'Now.', untilMs: 2000, answersFlush: true }]);
  });

  it('knows the words that were given by their times, since formatting changes their number', () => {
    const transcript = new TurnTranscript({ formatTurns: false });
    transcript.take(turn(0, 'at twenty five'));
    transcript.flush(1000);
    transcript.giveUpFlush();
    const words = [
      { text: 'At', startMs: 0, endMs: 300 },
      { text: '25', startMs: 300, endMs: 900 },
      { text: 'please.', startMs: 900, endMs: 1200 },
    ];
    const formatted = turn(0, 'At 25 please.', { ...end, isFormatted: true, words });
    expect(texts(transcript.take(formatted).events)).toEqual(['please.']);
  });

  it('takes an end without words for the answer of the flush before, if words have answered that', () => {
    const transcript = new TurnTranscript({ formatTurns: false });
    transcript.flush(1000);
    transcript.flush(2000);
    expect(texts(transcript.take(turn(0, 'book it', end)).events)).toEqual(['book it']);
    expect(transcript.take(turn(1, '', end)).events).toEqual([]);
    expect(texts(transcript.take(turn(2, 'now', { ...end, fromMs: 1200 })).events)).toEqual(['now']);
    transcript.flush(3000);
    expect(transcript.take(turn(3, '', end)).events).toMatchObject([{ text: '', answersFlush: true }]);
  });

  it('loses no end that was overtaken by the next one', () => {
    const transcript = new TurnTranscript({ formatTurns: false });
    expect(texts(transcript.take(turn(1, 'second', { ...end, fromMs: 900 })).events)).toEqual(['second']);
    expect(texts(transcript.take(turn(0, 'first', end)).events)).toEqual(['first']);
    expect(transcript.take(turn(0, 'fir')).events).toEqual([]);
  });
});
