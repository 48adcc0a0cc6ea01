import { describe, expect, it } from '@jest/globals';
import type { SttEvent } from '../speech-to-text.js';
import { InkTranscript, type InkStep } from './ink-transcript.js';

const final = (text: string, untilMs: number, endOfUtterance = true): SttEvent => ({
  ...{ type: 'final', text, endOfUtterance, untilMs },
});
const partial = (text: string): SttEvent => ({ type: 'partial', text });
const eventsOf = (step: InkStep | null): readonly SttEvent[] | undefined => step?.events;

function transcript(spacesParts = false): InkTranscript {
  return new InkTranscript({ spacesParts });
}

describe('a transcript of Ink', () => {
  it('joins its parts as they are, and ends with the answer to the request', () => {
    const ink = transcript();
    expect(ink.transcript('Ignore th', false).events).toEqual([partial('Ignore th')]);
    expect(ink.transcript('This is a', true).events).toEqual([partial('This is a')]);
    expect(ink.transcript(' sing', false).events).toEqual([partial('This is a sing')]);
    expect(ink.flush(1000)).toBeNull();
    ink.transcript(' sing', true);
    ink.transcript('le word.', true);
    expect(ink.flushDone().events).toEqual([final('This is a single word.', 1000)]);
    expect(ink.pendingFlushes).toBe(0);
  });

  it('separates the parts of Whisper', () => {
    const ink = transcript(true);
    ink.transcript('Hello.', true);
    ink.transcript('How are you?', true);
    ink.flush(1000);
    expect(ink.flushDone().events).toEqual([final('Hello. How are you?', 1000)]);
  });

  it('answers a flush without new audio itself, and one in silence at once', () => {
    const ink = transcript();
    expect(eventsOf(ink.flush(0))).toEqual([final('', 0)]);
    expect(ink.flush(500)).toBeNull();
    expect(ink.flushDone()).toEqual({ events: [final('', 500)] });
    expect(eventsOf(ink.flush(500))).toEqual([final('', 500)]);
  });

  it('holds an answer without words after speech, in case that it has overtaken them', () => {
    const ink = transcript();
    ink.speechStarted();
    ink.flush(1000);
    expect(ink.flushDone()).toEqual({ events: [], settleInMs: 150 });
    expect(ink.pendingFlushes).toBe(1);
    expect(ink.transcript('Yes.', true).events).toEqual([final('Yes.', 1000)]);
    expect(ink.settle().events).toEqual([]);
    ink.speechStarted();
    ink.flush(2000);
    ink.flushDone();
    expect(ink.settle().events).toEqual([final('', 2000)]);
  });

  it('has each word once if its messages are out of order', () => {
    const ink = transcript();
    ink.transcript('Book', false);
    ink.flush(1000);
    expect(ink.flushDone()).toEqual({ events: [], settleInMs: 150 });
    expect(ink.transcript('Book it.', true).events).toEqual([final('Book it.', 1000)]);
    ink.flush(2000);
    ink.transcript('Yes.', true);
    expect(ink.transcript('Ye', false).events).toEqual([]);
    expect(ink.flushDone().events).toEqual([final('Yes.', 2000)]);
  });

  it('answers each of several flushes in order', () => {
    const ink = transcript();
    ink.flush(1000);
    ink.flush(2000);
    ink.transcript('One.', true);
    expect(ink.flushDone().events).toEqual([final('One.', 1000)]);
    ink.transcript(' Two.', true);
    expect(ink.flushDone().events).toEqual([final('Two.', 2000)]);
    expect(ink.flushDone().events).toEqual([]);
  });

  it('answers an overdue flush with the words known so far, and says no word twice', () => {
    const ink = transcript();
    ink.transcript('Book my', false);
    ink.flush(1000);
    expect(ink.giveUpFlush().events).toEqual([final('Book my', 0)]);
    expect(ink.giveUpFlush().events).toEqual([]);
    expect(ink.transcript('Book my appointment.', true).events).toEqual([final('appointment.', 0, false)]);
    expect(ink.flushDone().events).toEqual([]);
  });

  it('reports words behind the answer, unless the caller speaks again', () => {
    const ink = transcript();
    ink.transcript('One.', true);
    ink.flush(1000);
    ink.flushDone();
    expect(ink.transcript(' Two.', true).events).toEqual([final('Two.', 1000, false)]);
    ink.speechStarted();
    expect(ink.transcript(' Three.', true).events).toEqual([partial('Three.')]);
  });

  it('is not ended by the answer to a keep-alive', () => {
    const ink = transcript();
    ink.transcript('One', true);
    ink.keptAlive(1000);
    expect(ink.flushDone().events).toEqual([]);
    expect(ink.transcript(' two.', true).events).toEqual([partial('One two.')]);
  });
});
