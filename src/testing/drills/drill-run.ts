/** What really happened in a drill: evidence for its verdict. */
import type { SessionEvent } from '../../events/session-event.js';

/** Where an utterance lies in the audio of a recogniser's connection, in milliseconds. */
export interface HeardUtterance {
  readonly fromMs: number;
  readonly untilMs: number;
  /** How much audio had come when its final was asked for. */
  readonly flushedMs: number;
}

/** One caller's side of a drill. */
export interface CallerRun {
  readonly events: readonly SessionEvent[];
  /** What was heard, read from the caller's own audio. */
  readonly heardWords: readonly string[];
  /** What the phone network's own voice said at the end. */
  readonly said: readonly string[];
  /** Why there was no call; null where there was one. */
  readonly failure: string | null;
}

/** The whole drill; times in milliseconds since the caller's `session.start`. */
export interface DrillRun {
  readonly caller: CallerRun;
  readonly neighbour: CallerRun;
  /** When the fault first happened; null where it never did. */
  readonly faultMs: number | null;
  /** When the recogniser was first given audio on a new connection after the fault; null where it never was. */
  readonly listeningAgainMs: number | null;
  /** How often the provider of the drill was asked: connections of recogniser and voice, requests of the model. */
  readonly asked: number;
  /** What the relay did that a vendor would not have taken. */
  readonly violations: readonly string[];
  /** What was still open, set or alive when everything was over. */
  readonly left: readonly string[];
  /** Whether any key was in an event. */
  readonly leakedKey: boolean;
  /** Where the caller's first utterance lay; null where nothing was heard. */
  readonly utterance: HeardUtterance | null;
}
