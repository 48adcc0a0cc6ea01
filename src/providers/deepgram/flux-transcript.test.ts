import { describe, expect, it } from '@jest/globals';
import type { TurnInfoMessage } from './deepgram-messages.js';
import { FluxTranscript } from './flux-transcript.js';
import type { TranscriptStep } from './transcript.js';

/** Flux's messages in order, as it numbers them. */
function fluxMessages(): (
  event: string,
  turn: number,
  untilSec: number,
  transcript: string,
  trigger?: string,
) => TurnInfoMessage {
  let sequence = 0;
  return (event, turn, untilSec, transcript, trigger) => ({
    type: 'TurnInfo',
    event,
    sequence_id: sequence++,
    turn_index: turn,
    audio_window_end: untilSec,
    transcript,
    ...(trigger !== undefined && { trigger }),
  });
}

const nothing: TranscriptStep = { events: [], asksForFinal: false };
const asking: TranscriptStep = { events: [], asksForFinal: true };

function texts({ events }: TranscriptStep): string[] {
  return events.map((event) => ('text' in event ? `${event.type} ${event.text}`.trim() : event.type));
}

describe("Flux's words", () => {
  it('are partials during a turn, and final at its end', () => {
    const flux = new FluxTranscript({ forceEndTurn: true });
    const say = fluxMessages();
    expect(flux.take(say('Update', 0, 0.25, ''))).toEqual(nothing);
    expect(texts(flux.take(say('StartOfTurn', 0, 0.5, 'Book')))).toEqual(['partial Book']);
    expect(texts(flux.take(say('Update', 0, 0.75, 'Book it')))).toEqual(['partial Book it']);
    expect(flux.take(say('Update', 0, 1, 'Book it'))).toEqual(nothing);
    expect(texts(flux.take(say('EndOfTurn', 0, 1.25, 'Book it.', 'model')))).toEqual(['final Book it.']);
    expect(texts(flux.take(say('StartOfTurn', 1, 2, 'And')))).toEqual(['partial And']);
  });

  it('say that the turn will probably end, and take it back', () => {
    const flux = new FluxTranscript({ forceEndTurn: true });
    const say = fluxMessages();
    flux.take(say('StartOfTurn', 0, 0.5, 'Book it'));
    const eager = flux.take(say('EagerEndOfTurn', 0, 0.75, 'Book it'));
    expect(eager.events).toEqual([expect.objectContaining({ text: 'Book it', endLikely: true })]);
    const resumed = flux.take(say('TurnResumed', 0, 1, 'Book it'));
    expect(resumed.events).toEqual([expect.objectContaining({ text: 'Book it', endLikely: false })]);
    expect(flux.take(say('Update', 0, 1.25, 'Book it')).events).toEqual([]);
  });

  it('are ended by a flush, which asks Flux for it', () => {
    const flux = new FluxTranscript({ forceEndTurn: true });
    const say = fluxMessages();
    flux.take(say('StartOfTurn', 0, 0.5, 'Book'));
    expect(flux.flush(1)).toEqual(asking);
    expect(flux.flush(1)).toEqual(nothing);
    expect(texts(flux.take(say('EndOfTurn', 0, 1, 'Book it', 'manual')))).toEqual(['final Book it', 'final']);
    expect(flux.pendingFlushes).toBe(0);
  });

  it('are asked for again where the turn begins only after the flush', () => {
    const flux = new FluxTranscript({ forceEndTurn: true });
    const say = fluxMessages();
    flux.flush(1);
    expect(flux.take(say('StartOfTurn', 0, 0.75, 'Yes'))).toMatchObject({ asksForFinal: true });
    expect(flux.take(say('Update', 0, 0.9, 'Yes please'))).toMatchObject({ asksForFinal: false });
  });

  it('are understood without numbers, times and the list of words', () => {
    const flux = new FluxTranscript({ forceEndTurn: true });
    const bare = (event: string, transcript: string): TurnInfoMessage => ({
      type: 'TurnInfo',
      event,
      transcript,
    });
    expect(texts(flux.take(bare('StartOfTurn', 'Book')))).toEqual(['partial Book']);
    flux.flush(1);
    expect(texts(flux.take(bare('SomethingNew', 'Book it')))).toEqual(['partial Book it']);
    expect(texts(flux.take({ ...bare('EndOfTurn', 'Book it'), trigger: 'manual' }))).toEqual([
      'final Book it',
    ]);
    expect(texts(flux.take(bare('StartOfTurn', 'And')))).toEqual(['partial And']);
  });

  it('are known to be none when Flux has heard all the audio and knows of no turn', () => {
    const flux = new FluxTranscript({ forceEndTurn: true });
    const say = fluxMessages();
    flux.flush(1);
    expect(flux.take(say('Update', 0, 0.75, ''))).toEqual(nothing);
    expect(texts(flux.take(say('Update', 0, 1, '')))).toEqual(['final']);
    expect(texts(flux.flush(1))).toEqual(['final']);
  });

  it('come by themselves or not at all from a server that does not know the message', () => {
    const flux = new FluxTranscript({ forceEndTurn: false });
    const say = fluxMessages();
    flux.take(say('StartOfTurn', 0, 0.5, 'Book'));
    expect(flux.flush(1)).toEqual(nothing);
    expect(texts(flux.take(say('EndOfTurn', 0, 0.8, 'Book it', 'model')))).toEqual(['final Book it']);
    expect(flux.pendingFlushes).toBe(0);
  });

  it('that answered a flush in time are left out of the rest of the turn', () => {
    const flux = new FluxTranscript({ forceEndTurn: false });
    const say = fluxMessages();
    flux.take(say('StartOfTurn', 0, 0.5, 'Book it'));
    flux.flush(1);
    expect(texts(flux.giveUpFlush())).toEqual(['final Book it']);
    expect(texts(flux.take(say('Update', 0, 2, 'Book it for Friday')))).toEqual(['partial for Friday']);
    expect(texts(flux.take(say('EndOfTurn', 0, 3, 'Book it for Friday', 'model')))).toEqual([
      'final for Friday',
    ]);
  });

  it('have times where Flux gives them, and say how far the audio is dealt with', () => {
    const flux = new FluxTranscript({ forceEndTurn: true });
    const say = fluxMessages();
    const words = [
      { word: 'Book', start: 0.1, end: 0.4 },
      { word: 'it.', start: 0.5, end: 0.7 },
    ];
    const timed = [
      { text: 'Book', startMs: 100, endMs: 400 },
      { text: 'it.', startMs: 500, endMs: 700 },
    ];
    expect(flux.take({ ...say('StartOfTurn', 0, 0.75, 'Book it.'), words }).events).toEqual([
      { type: 'partial', text: 'Book it.', words: timed },
    ]);
    flux.flush(1);
    expect(flux.take({ ...say('EndOfTurn', 0, 0.9, 'Book it.', 'manual'), words }).events).toEqual([
      {
        type: 'final',
        text: 'Book it.',
        words: timed,
        endOfUtterance: true,
        untilMs: 1000,
        answersFlush: true,
      },
    ]);
    const untimed = [{ word: 'Thanks' }];
    flux.take({ ...say('StartOfTurn', 1, 2, 'Thanks'), words: untimed });
    flux.flush(3);
    expect(flux.giveUpFlush().events).toEqual([
      { type: 'final', text: 'Thanks', endOfUtterance: true, untilMs: 2000, answersFlush: true },
    ]);
  });

  it('are out of date in a message that was overtaken', () => {
    const flux = new FluxTranscript({ forceEndTurn: true });
    const say = fluxMessages();
    const early = say('Update', 0, 0.5, 'Book');
    flux.take(say('EndOfTurn', 0, 1, 'Book it', 'model'));
    expect(flux.take(early)).toEqual(nothing);
    expect(flux.take(say('Update', 0, 1.1, 'Book it'))).toEqual(nothing);
  });
});
