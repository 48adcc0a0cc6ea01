/** The record of a drill's run, on which its verdict is based. */
import type { SessionEvent } from '../events/session-event.js';

/** Where an utterance lies in the audio of a recogniser's connection, in milliseconds. */
export interface HeardUtterance {
  readonly fromMs: number;
  readonly untilMs: number;
  /** How much audio had arrived when its final was requested. */
  readonly flushedMs: number;
}

/** One caller's side of a drill. */
export interface CallerRun {
  readonly events: readonly SessionEvent[];
  /** The words heard, decoded from the caller's own audio. */
  readonly heardWords: readonly string[];
  /** What the phone network's voice said at the end. */
  readonly said: readonly string[];
  /** Why there was no call; null if there was one. */
  readonly failure: string | null;
}

/** The whole drill; times in milliseconds since the caller's `session.start`. */
export interface DrillRun {
  readonly caller: CallerRun;
  readonly neighbour: CallerRun;
  /** When the fault first happened; null if it never did. */
  readonly faultMs: number | null;
  /** When the recogniser first got audio on a new connection after the fault; null if it never did. */
  readonly listeningAgainMs: number | null;
  /** How often the agent's tool ran. */
  readonly toolRuns: number;
  /** The number of attempts at the drilled provider: connections for recogniser and voice, requests for the model. */
  readonly asked: number;
  /** What the relay did that a real vendor would have rejected. */
  readonly violations: readonly string[];
  /** Where what the caller's session reported of its vendors' use differs from what they counted. */
  readonly usageProblems: readonly string[];
  /** Connections, timers and sessions still open at the end. */
  readonly left: readonly string[];
  /** Whether an event contained a key. */
  readonly leakedKey: boolean;
  /** The position of the caller's first utterance; null if the recogniser got none. */
  readonly utterance: HeardUtterance | null;
}
