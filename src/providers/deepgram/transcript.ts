/** Turns a recogniser's messages into partials, finals, and one answer for each flush. */
import type { SttEvent } from '../speech-to-text.js';
import type { DeepgramMessage } from './deepgram-messages.js';
import { silence, type Phrase } from './spoken-words.js';

/** What to do after a message, a flush or a timeout. */
export interface TranscriptStep {
  readonly events: readonly SttEvent[];
  /** Whether to request a final from Deepgram now: `Finalize` or `ForceEndTurn`. */
  readonly asksForFinal: boolean;
  /** An answer without words is held: call {@link Transcript.settle} after this time. */
  readonly settleInMs?: number;
}

/**
 * One connection's transcript as a pure state machine, without socket and clock. Positions are seconds of audio sent on
 * the connection, as Deepgram counts them.
 */
export interface Transcript {
  /** Flushes without an answer; each gets exactly one final with `endOfUtterance`, in order. */
  readonly pendingFlushes: number;
  /** `sentSec`: the audio sent so far, the upper limit for Deepgram's times. */
  take(message: DeepgramMessage, sentSec: number): TranscriptStep;
  /** The caller has begun to speak: finals from now on belong to speech for which a flush will come. */
  speechStarted?(): void;
  /** Requests a final for all audio before `atSec`. */
  flush(atSec: number): TranscriptStep;
  /** Answers the oldest flush with the words known so far; later results do not repeat them. */
  giveUpFlush(): TranscriptStep;
  /** Releases the held answer. */
  settle(): TranscriptStep;
}

/** A step without events and requests. */
export const noStep: TranscriptStep = { events: [], asksForFinal: false };

/** A step with events only. */
export function saying(...events: readonly SttEvent[]): TranscriptStep {
  return { events, asksForFinal: false };
}

/** Makes the event for an interim result. `endLikely`: whether the caller has probably finished, if known. */
export function partialOf({ text, words }: Phrase, endLikely?: boolean): SttEvent {
  return { type: 'partial', text, ...(words && { words }), ...(endLikely !== undefined && { endLikely }) };
}

/** Makes the final that ends an utterance; all words before `untilSec` are final. */
export function finalOf({ text, words }: Phrase, untilSec: number, answersFlush: boolean): SttEvent {
  const untilMs = untilSec * 1000;
  return { type: 'final', text, endOfUtterance: true, ...(words && { words }), untilMs, answersFlush };
}

/**
 * Makes the finals at the end of an utterance at `untilSec`: one for each answered flush, the first with the words; if
 * no flush is answered, one for the words, if any.
 */
export function finalsOf(phrase: Phrase, untilSec: number, answeredSec: readonly number[]): SttEvent[] {
  if (answeredSec.length === 0) return phrase.text === '' ? [] : [finalOf(phrase, untilSec, false)];
  return answeredSec.map((atSec, index) =>
    finalOf(index === 0 ? phrase : silence, Math.max(untilSec, atSec), true),
  );
}

/** Makes a final for words without a flush, in an utterance that may go on. */
export function segmentOf({ text, words }: Phrase, untilSec: number): SttEvent {
  const untilMs = untilSec * 1000;
  return {
    type: 'final',
    text,
    endOfUtterance: false,
    ...(words && { words }),
    untilMs,
    answersFlush: false,
  };
}

/** End of the audio that Deepgram has processed, in seconds; null if the message does not say. */
export function heardUntilSec(message: DeepgramMessage): number | null {
  if (message.type === 'TurnInfo') return message.audio_window_end ?? null;
  if (message.type !== 'Results' || message.start === undefined || message.duration === undefined)
    return null;
  return message.start + message.duration;
}
