import { setImmediate as nextTurn } from 'node:timers/promises';
import { toMicroseconds } from '../session-reporter.js';
import { describeActivity } from '../turn-taking/machine-state.js';
import type { MachineEffect, MachineInput, MachineState } from '../turn-taking/session-state.js';

/** One step of a session's state machine. Its data is plain and never changes. */
export interface TraceStep {
  /** Counts the session's steps from 1 on. */
  readonly step: number;
  /** When the input arrived, in milliseconds since `session.start`, like the events' `atMs`. */
  readonly atMs: number;
  /** Wall-clock time of the step, milliseconds since 1970 (UTC). */
  readonly wallMs: number;
  readonly input: MachineInput;
  /** The state after the step. */
  readonly state: MachineState;
  /** The effects to carry out. */
  readonly effects: readonly MachineEffect[];
}

/**
 * The latest steps of a session's state machine, oldest first, for debugging. Input, state and effects are internal
 * types; they may change with every version.
 */
export interface SessionTrace {
  readonly sessionId: string;
  /** Number of earlier steps that were dropped. */
  readonly droppedSteps: number;
  readonly steps: readonly TraceStep[];
}

/** Steps written before yielding to the event loop: less than a millisecond of work. */
const stepsAtATime = 25;

/** The trace as one JSON object. Yields to the event loop while it writes. */
export async function traceJson(trace: SessionTrace): Promise<string> {
  const { sessionId, droppedSteps } = trace;
  const steps: string[] = [];
  for await (const written of writtenSteps(trace)) steps.push(...written);
  return `{"sessionId":${JSON.stringify(sessionId)},"droppedSteps":${droppedSteps},"steps":[${steps.join(',')}]}`;
}

/** The trace as lines of JSON, one for each step. Yields to the event loop while it writes. */
export async function* traceLines(trace: SessionTrace): AsyncGenerator<string> {
  for await (const written of writtenSteps(trace)) yield `${written.join('\n')}\n`;
}

async function* writtenSteps({ steps }: SessionTrace): AsyncGenerator<readonly string[]> {
  for (let from = 0; from < steps.length; from += stepsAtATime) {
    if (from > 0) await nextTurn();
    yield steps.slice(from, from + stepsAtATime).map(stepJson);
  }
}

function stepJson({ step, atMs, wallMs, input, state, effects }: TraceStep): string {
  const wallTime = new Date(wallMs).toISOString();
  const activity = describeActivity(state);
  return JSON.stringify({ step, atMs: toMicroseconds(atMs), wallTime, activity, input, state, effects });
}
