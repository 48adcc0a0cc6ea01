import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ResultsMessage } from './deepgram-messages.js';
import { NovaTranscript } from './nova-transcript.js';
import type { TranscriptStep } from './transcript.js';

type Flags = Partial<Pick<ResultsMessage, 'is_final' | 'speech_final' | 'from_finalize'>>;

/** What Nova says about the audio between two positions. */
function results(start: number, end: number, transcript: string, flags: Flags = {}): ResultsMessage {
  return {
    type: 'Results',
    start,
    duration: end - start,
    is_final: false,
    speech_final: false,
    from_finalize: false,
    ...flags,
    channel: { alternatives: [{ transcript }] },
  };
}

const isFinal = { is_final: true };
const speechFinal = { is_final: true, speech_final: true };
const fromFinalize = { is_final: true, from_finalize: true };
const nothing: TranscriptStep = { events: [], asksForFinal: false };

function texts({ events }: TranscriptStep): string[] {
  return events.map((event) => ('text' in event ? `${event.type} ${event.text}`.trim() : event.type));
}

describe("Nova's words", () => {
  it('are partials until an utterance ends, the final segments joined with the guess that follows them', () => {
    const nova = new NovaTranscript();
    expect(texts(nova.take(results(0, 1, 'Book')))).toEqual(['partial Book']);
    expect(texts(nova.take(results(0, 2, 'Book my', isFinal)))).toEqual(['partial Book my']);
    expect(texts(nova.take(results(2, 3, 'a point')))).toEqual(['partial Book my a point']);
    expect(texts(nova.take(results(2, 3.5, 'appointment.', speechFinal)))).toEqual([
      'final Book my appointment.',
    ]);
  });

  it('are not repeated in partials that say nothing new, and never empty', () => {
    const nova = new NovaTranscript();
    expect(nova.take(results(0, 1, ''))).toEqual(nothing);
    nova.take(results(0, 1.5, 'Hello'));
    expect(nova.take(results(0, 2, 'Hello'))).toEqual(nothing);
  });

  it('end with the utterance once, though speech_final, UtteranceEnd and an answer to Finalize all say so', () => {
    const nova = new NovaTranscript();
    nova.take(results(0, 1, 'Hello', isFinal));
    nova.flush(1.2);
    expect(texts(nova.take(results(1, 1.1, '', speechFinal)))).toEqual(['final Hello']);
    expect(nova.take({ type: 'UtteranceEnd', last_word_end: 0.9 })).toEqual(nothing);
    expect(nova.take(results(1.1, 1.2, '', fromFinalize))).toEqual(nothing);
  });

  it('end with UtteranceEnd where noise hides the silence', () => {
    const nova = new NovaTranscript();
    nova.take(results(0, 3, 'Hello', isFinal));
    expect(texts(nova.take({ type: 'UtteranceEnd', last_word_end: 0.9 }))).toEqual(['final Hello']);
    expect(nova.take({ type: 'UtteranceEnd', last_word_end: 0.9 })).toEqual(nothing);
  });

  it('are asked for by a flush, and not twice for the same audio', () => {
    const nova = new NovaTranscript();
    expect(nova.flush(1)).toEqual({ events: [], asksForFinal: true });
    expect(nova.flush(1)).toEqual(nothing);
    expect(texts(nova.take(results(0, 1, 'Yes', fromFinalize)))).toEqual(['final Yes', 'final']);
    expect(nova.pendingFlushes).toBe(0);
  });

  it('are known to be none where there was no audio since the last answer', () => {
    const nova = new NovaTranscript();
    expect(texts(nova.flush(0))).toEqual(['final']);
  });

  it('answer only flushes of audio that they cover', () => {
    const nova = new NovaTranscript();
    nova.flush(1);
    nova.flush(5);
    expect(texts(nova.take(results(0, 1, 'One', fromFinalize)))).toEqual(['final One']);
    expect(nova.pendingFlushes).toBe(1);
    expect(texts(nova.take(results(1, 5, 'two', fromFinalize)))).toEqual(['final two']);
  });

  it('answer the flush that asked for them, though their times end early', () => {
    const nova = new NovaTranscript();
    nova.flush(2);
    expect(texts(nova.take(results(0, 1.6, 'One', fromFinalize)))).toEqual(['final One']);
  });

  it('do not answer a flush with an answer that an earlier one did without', () => {
    const nova = new NovaTranscript();
    nova.flush(1);
    nova.giveUpFlush();
    nova.flush(3);
    expect(texts(nova.take(results(0, 1, 'One', fromFinalize)))).toEqual(['final One']);
    expect(nova.pendingFlushes).toBe(1);
    expect(texts(nova.take(results(1, 3, 'two', fromFinalize)))).toEqual(['final two']);
    expect(nova.pendingFlushes).toBe(0);
  });

  it('that answered a flush in time are left out of a final that comes late', () => {
    const nova = new NovaTranscript();
    nova.take(results(0, 1, 'Book my'));
    nova.flush(1.5);
    expect(texts(nova.giveUpFlush())).toEqual(['final Book my']);
    expect(texts(nova.take(results(0, 1.5, 'Book my appointment', fromFinalize)))).toEqual([
      'final appointment',
    ]);
    expect(texts(nova.take(results(1.5, 2.5, 'Book my car', speechFinal)))).toEqual(['final Book my car']);
  });

  it('are said once though results come twice, late or in the wrong order', () => {
    const nova = new NovaTranscript();
    nova.take(results(2, 4, 'three four', isFinal));
    nova.take(results(0, 2, 'one two', isFinal));
    nova.take(results(0, 2, 'one two', isFinal));
    expect(nova.take(results(2, 3, 'three'))).toEqual(nothing);
    expect(texts(nova.take(results(4, 5, '', speechFinal)))).toEqual(['final one two three four']);
    expect(nova.take(results(2, 4, 'three four', speechFinal))).toEqual(nothing);
  });

  it('follow an answer to Finalize that has none, and are waited for a moment where words are missing', () => {
    const nova = new NovaTranscript();
    const held: TranscriptStep = { events: [], asksForFinal: false, settleInMs: 150 };
    nova.flush(5.4);
    expect(nova.take(results(5.5, 5.5, '', fromFinalize))).toEqual(held);
    expect(texts(nova.take(results(0, 5.5, 'Book an appointment', speechFinal)))).toEqual([
      'final Book an appointment',
    ]);
    nova.take(results(5.5, 6, 'on'));
    nova.flush(7.4);
    expect(nova.take(results(5.5, 7.4, '', fromFinalize))).toEqual(held);
    expect(texts(nova.take(results(5.5, 7.4, 'on Friday', isFinal)))).toEqual(['final on Friday']);
    nova.flush(9);
    expect(nova.take(results(7.4, 7.4, '', fromFinalize))).toEqual(held);
    expect(texts(nova.take(results(7.4, 9, 'at three', isFinal)))).toEqual(['final at three']);
    expect(nova.pendingFlushes).toBe(0);
  });

  it('are none where nothing follows an answer to Finalize that has none', () => {
    const nova = new NovaTranscript();
    nova.take(results(0, 1, 'a guess'));
    nova.flush(1.4);
    nova.take(results(0, 1.4, '', fromFinalize));
    expect(texts(nova.settle())).toEqual(['final']);
    expect(nova.settle()).toEqual(nothing);
    nova.flush(3);
    expect(texts(nova.take(results(1.4, 3, '', fromFinalize)))).toEqual(['final']);
  });

  it('answer a flush at once, whatever the start of the final says', () => {
    for (const start of [0, 0.5, 1.5, 1.9, 30]) {
      const nova = new NovaTranscript();
      nova.take(results(0, 0.4, '', isFinal), 2);
      nova.flush(2);
      expect(texts(nova.take(results(start, start + 1, 'yes', fromFinalize), 2))).toEqual(['final yes']);
      nova.flush(4);
      expect(texts(nova.take(results(start, start + 1, 'yes', fromFinalize), 4))).toEqual(['final yes']);
      expect(nova.pendingFlushes).toBe(0);
    }
  });

  it('answer a flush at once though the final does not say that it was asked for', () => {
    const nova = new NovaTranscript();
    nova.flush(2);
    expect(texts(nova.take(results(0, 1.85, 'yes', isFinal)))).toEqual(['final yes']);
    // Its own answer comes all the same, and must not answer the next flush.
    nova.flush(4);
    expect(nova.take(results(1.85, 2, '', fromFinalize))).toEqual(nothing);
    expect(texts(nova.take(results(2, 4, 'please', isFinal)))).toEqual(['final please']);
  });

  it('of a final that ends well before the flush are not all the words', () => {
    const nova = new NovaTranscript();
    nova.flush(4);
    expect(texts(nova.take(results(0, 3, 'Book my', isFinal)))).toEqual(['partial Book my']);
    expect(texts(nova.take(results(3, 4, 'car', fromFinalize)))).toEqual(['final Book my car']);
  });

  it('that a final had left out are said when they come', () => {
    const nova = new NovaTranscript();
    nova.flush(7.4);
    expect(texts(nova.take(results(6.5, 7.4, 'at three', fromFinalize)))).toEqual(['final at three']);
    expect(texts(nova.take(results(5, 6.5, 'on Friday', isFinal)))).toEqual(['final on Friday']);
    expect(nova.take(results(5, 6.5, 'on Friday', isFinal))).toEqual(nothing);
  });

  it('are taken from messages that lack their times, their list of words or their channel', () => {
    const nova = new NovaTranscript();
    const bare = (transcript: string, flags: Flags): ResultsMessage => ({
      type: 'Results',
      is_final: false,
      speech_final: false,
      from_finalize: false,
      ...flags,
      channel: { alternatives: transcript === '' ? [] : [{ transcript }] },
    });
    nova.flush(1);
    nova.take(bare('', {}), 1);
    expect(texts(nova.take(bare('Book', isFinal), 1))).toEqual(['partial Book']);
    expect(texts(nova.take(bare('my car', fromFinalize), 1))).toEqual(['final Book my car']);
    nova.flush(2);
    const spelled = bare('', fromFinalize);
    const words = [{ word: 'now', punctuated_word: 'Now.', start: 1.2, end: 1.2 }];
    const message = { ...spelled, channel: { alternatives: [{ transcript: '', words }] } };
    expect(texts(nova.take(message, 2))).toEqual(['final Now.']);
  });

  it('are not taken back by an interim result that is out of date', () => {
    const nova = new NovaTranscript();
    nova.take(results(0, 2, 'Book my car'));
    expect(nova.take(results(0, 1, 'Book'))).toEqual(nothing);
    nova.flush(2.2);
    expect(texts(nova.giveUpFlush())).toEqual(['final Book my car']);
  });

  it('have no times where those of the list run backwards, and touching ones where they overlap a little', () => {
    const timed = (times: readonly (readonly [number, number])[]) => {
      const words = times.map(([start, end], index) => ({ word: `w${index}`, start, end }));
      const transcript = words.map(({ word }) => word).join(' ');
      const message = results(0, 3, transcript, speechFinal);
      return new NovaTranscript().take({ ...message, channel: { alternatives: [{ transcript, words }] } });
    };
    expect(
      timed([
        [1, 2],
        [0.5, 0.7],
      ]).events[0],
    ).not.toHaveProperty('words');
    expect(timed([[2, 1]]).events[0]).not.toHaveProperty('words');
    expect(
      timed([
        [1, 1.05],
        [1.04, 1.5],
      ]).events,
    ).toMatchObject([
      {
        words: [
          { startMs: 1000, endMs: 1050 },
          { startMs: 1050, endMs: 1500 },
        ],
      },
    ]);
  });

  it('have their times, over all segments, as long as the words spell the transcript', () => {
    const nova = new NovaTranscript();
    const timed = (
      start: number,
      end: number,
      texts: readonly string[],
      flags: Flags = {},
    ): ResultsMessage => {
      const words = texts.map((text, index) => ({
        word: text.toLowerCase().replace(/\W/, ''),
        punctuated_word: text,
        start: start + index / 2,
        end: start + index / 2 + 0.25,
      }));
      const message = results(start, end, texts.join(' '), flags);
      return { ...message, channel: { alternatives: [{ transcript: texts.join(' '), words }] } };
    };
    nova.take(timed(0, 2, ['Book', 'my'], isFinal));
    const book = { text: 'Book', startMs: 0, endMs: 250 };
    const my = { text: 'my', startMs: 500, endMs: 750 };
    expect(nova.take(timed(2, 3, ['car'])).events).toEqual([
      {
        type: 'partial',
        text: 'Book my car',
        words: [book, my, { text: 'car', startMs: 2000, endMs: 2250 }],
      },
    ]);
    expect(nova.take(timed(2, 3.5, ['car.'], speechFinal)).events).toMatchObject([
      { type: 'final', text: 'Book my car.', words: [book, my, { text: 'car.' }], untilMs: 3500 },
    ]);
    const misspelt = timed(4, 5, ['one'], speechFinal);
    misspelt.channel.alternatives[0]!.transcript = 'twenty one';
    expect(nova.take(misspelt).events).toEqual([
      { type: 'final', text: 'twenty one', endOfUtterance: true, untilMs: 5000, answersFlush: false },
    ]);
  });

  it('say how far the audio is dealt with: to the flush where they answer one, and no further than heard otherwise', () => {
    const nova = new NovaTranscript();
    expect(nova.flush(0.05).events).toMatchObject([{ text: '', untilMs: 50, answersFlush: true }]);
    nova.flush(2);
    expect(nova.take(results(0, 1.6, 'One', fromFinalize)).events).toMatchObject([
      { text: 'One', untilMs: 2000, answersFlush: true },
    ]);
    nova.take(results(2, 3, 'two'));
    nova.flush(4);
    expect(nova.giveUpFlush().events).toMatchObject([{ text: 'two', untilMs: 3000, answersFlush: true }]);
    nova.flush(5);
    nova.flush(5.2);
    expect(nova.take(results(2, 4.9, 'two three', speechFinal)).events).toMatchObject([
      { text: 'three', untilMs: 5000, answersFlush: true },
      { text: '', untilMs: 5200, answersFlush: true },
    ]);
  });

  it('that come behind the answer to a flush are given at once, and not with the next answer', () => {
    const nova = new NovaTranscript();
    nova.speechStarted();
    nova.flush(2);
    expect(texts(nova.take(results(0, 1.6, 'book an', fromFinalize)))).toEqual(['final book an']);
    expect(nova.take(results(1.6, 2, 'appointment please', isFinal)).events).toEqual([
      {
        type: 'final',
        text: 'appointment please',
        endOfUtterance: false,
        untilMs: 2000,
        answersFlush: false,
      },
    ]);
    nova.speechStarted();
    nova.flush(4);
    expect(texts(nova.take(results(2, 4, 'on Friday', fromFinalize)))).toEqual(['final on Friday']);
  });

  it('that come behind the answer are guessed first where they are guesses, and end with speech_final', () => {
    const nova = new NovaTranscript();
    nova.speechStarted();
    nova.flush(2);
    nova.take(results(0, 2, 'book an', fromFinalize));
    expect(texts(nova.take(results(2, 2.3, 'appointment')))).toEqual(['partial appointment']);
    expect(texts(nova.take(results(2, 2.5, 'appointment please', speechFinal)))).toEqual([
      'final appointment please',
    ]);
  });

  it('are segments of an utterance again once the caller speaks again', () => {
    const nova = new NovaTranscript();
    nova.speechStarted();
    nova.flush(2);
    nova.take(results(0, 2, 'book an', fromFinalize));
    nova.speechStarted();
    expect(texts(nova.take(results(2, 4, 'appointment', isFinal)))).toEqual(['partial appointment']);
    nova.flush(5);
    expect(texts(nova.take(results(4, 5, 'please', fromFinalize)))).toEqual(['final appointment please']);
  });

  it('are neither lost nor doubled, and every flush is answered once, wherever segments and flushes fall', () => {
    const step = fc.oneof(
      fc.record({
        words: fc.integer({ min: 0, max: 3 }),
        ends: fc.constantFrom('interim', 'segment', 'speech_final'),
      }),
      fc.constant('flush' as const),
      fc.constant('utterance_end' as const),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const nova = new NovaTranscript();
        const said: string[] = [];
        const finals: string[] = [];
        let flushes = 0;
        let finalSec = 0;
        let sec = 0;
        let unfinished: string[] = [];
        const follow = ({ events, asksForFinal }: TranscriptStep): void => {
          for (const event of events) if (event.type === 'final') finals.push(event.text);
          if (!asksForFinal) return;
          follow(nova.take(results(finalSec, sec, unfinished.join(' '), fromFinalize)));
          finalSec = sec;
          unfinished = [];
        };
        for (const next of [...steps, 'flush' as const]) {
          if (next === 'flush') {
            flushes++;
            follow(nova.flush(sec));
          } else if (next === 'utterance_end')
            follow(nova.take({ type: 'UtteranceEnd', last_word_end: finalSec }));
          else {
            const words = Array.from({ length: next.words }, (_, index) => `w${said.length + index}`);
            said.push(...words);
            unfinished.push(...words);
            sec += 1;
            const flags =
              next.ends === 'interim' ? {} : { is_final: true, speech_final: next.ends === 'speech_final' };
            follow(nova.take(results(finalSec, sec, unfinished.join(' '), flags)));
            if (next.ends !== 'interim') {
              finalSec = sec;
              unfinished = [];
            }
          }
        }
        expect(finals.filter((text) => text !== '').join(' ')).toBe(said.join(' '));
        expect(finals.length).toBeGreaterThanOrEqual(flushes);
        expect(nova.pendingFlushes).toBe(0);
      }),
    );
  });
});
