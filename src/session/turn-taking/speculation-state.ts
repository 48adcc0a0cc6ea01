/** The answers that are begun before the caller's turn is certain, as the state machine sees them: plain data. */

/** Limits of speculation, with their defaults. */
export interface SpeculationLimits {
  /** How many answers are begun early for one turn at most. @default 2 */
  readonly maxPerTurn: number;
  /**
   * Silence after which the recogniser's words count as all that was said; twice as much once the caller went on after
   * such a pause. @default 60
   */
  readonly minStableMs: number;
}

export const defaultSpeculation: SpeculationLimits = { maxPerTurn: 2, minStableMs: 60 };

/** After a pause within the turn, the next must be longer by this factor. */
export const laterPauses = 2;

/**
 * Why an answer that was begun early was dropped:
 * - `went_on`: the caller went on;
 * - `other_words`: the recogniser gave other words;
 * - `failed`: the model or the voice failed before the turn was committed;
 * - `changed`: the session got another model, voice or agent;
 * - `ended`: the turn became another one, or the connection or the session ended.
 */
export type DropReason = 'went_on' | 'other_words' | 'failed' | 'changed' | 'ended';

export interface SpeculationState {
  /** Null: no speculation. */
  readonly limits: SpeculationLimits | null;
  /** The answer that was begun: for which turn, and to which words. */
  readonly current: { readonly turn: number; readonly text: string } | null;
  /** The turn that `tries` and `wentOn` are about. */
  readonly turn: number;
  /** How many answers were begun for it. */
  readonly tries: number;
  /** Whether one was dropped because the caller went on: then the next waits for a longer pause. */
  readonly wentOn: boolean;
  /** The words that stood when the caller last paused; null if nothing is known. */
  readonly standing: string | null;
  /** How far such words can be trusted to be all: above 0 they are used at once. Some recognisers lag behind. */
  readonly trust: number;
}

/** The most trust: words that were always right may be wrong once and are still used. */
export const fullTrust = 2;

export const noSpeculation: SpeculationState = {
  limits: null,
  current: null,
  turn: 0,
  tries: 0,
  wentOn: false,
  standing: null,
  trust: 1,
};
