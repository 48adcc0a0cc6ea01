/** What a recogniser's messages amount to: partials, finals, and an answer to each flush. */
import type { SttEvent } from '../speech-to-text.js';
import type { DeepgramMessage } from './deepgram-messages.js';

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

/** The end of an utterance with these words. */
export function finalOf(text: string): SttEvent {
  return { type: 'final', text, endOfUtterance: true };
}
