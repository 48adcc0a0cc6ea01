/** What a recogniser's messages amount to: partials, finals, and an answer to each flush. */
import type { SttEvent } from '../speech-to-text.js';
import type { DeepgramMessage } from './deepgram-messages.js';
import { silence, type Phrase } from './spoken-words.js';

/** What follows from a message, a flush or the lack of an answer. */
export interface TranscriptStep {
  readonly events: readonly SttEvent[];
  /** Deepgram must now be asked for its final: `Finalize` or `ForceEndTurn`. */
  readonly asksForFinal: boolean;
}

/**
 * One connection's words, as a pure state machine: no socket, no clock. Positions are seconds of audio sent on the
 * connection, the measure in which Deepgram counts as well.
 */
export interface Transcript {
  /** Flushes without an answer; each gets exactly one final with `endOfUtterance`, in order. */
  readonly pendingFlushes: number;
  take(message: DeepgramMessage): TranscriptStep;
  /** A final is wanted for everything up to `atSec`. */
  flush(atSec: number): TranscriptStep;
  /** Answers the oldest flush with the words known so far; what comes later for the same audio is not said again. */
  giveUpFlush(): TranscriptStep;
}

/** Nothing to say and nothing to ask. */
export const noStep: TranscriptStep = { events: [], asksForFinal: false };

/** A step that only says something. */
export function saying(...events: readonly SttEvent[]): TranscriptStep {
  return { events, asksForFinal: false };
}

/** The running guess. */
export function partialOf({ text, words }: Phrase): SttEvent {
  return { type: 'partial', text, ...(words && { words }) };
}

/** The end of an utterance with these words; the audio before `untilSec` is dealt with. */
export function finalOf({ text, words }: Phrase, untilSec: number, answersFlush: boolean): SttEvent {
  const untilMs = untilSec * 1000;
  return { type: 'final', text, endOfUtterance: true, ...(words && { words }), untilMs, answersFlush };
}

/**
 * The end of an utterance that Deepgram has heard up to `untilSec`: one final for each flush that it answers, the first of
 * which gets the words; one for the words alone where it answers none.
 */
export function finalsOf(phrase: Phrase, untilSec: number, answeredSec: readonly number[]): SttEvent[] {
  if (answeredSec.length === 0) return phrase.text === '' ? [] : [finalOf(phrase, untilSec, false)];
  return answeredSec.map((atSec, index) =>
    finalOf(index === 0 ? phrase : silence, Math.max(untilSec, atSec), true),
  );
}

/** How far Deepgram has listened when it says this; null where the message does not tell. */
export function heardUntilSec(message: DeepgramMessage): number | null {
  if (message.type === 'Results') return message.start + message.duration;
  return message.type === 'TurnInfo' ? message.audio_window_end : null;
}
