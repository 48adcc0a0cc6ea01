import { setImmediate as nextTurn } from 'node:timers/promises';
import type { VirtualClock } from '#src/simulators/virtual-clock.js';

/** One end of a connection, with the counts of its sent and received messages. */
export interface WireEnd {
  readonly wire: { readonly sent: number; readonly received: number };
}

/** Event-loop turns after which a message counts as lost. */
const maxTurns = 100_000;

/** Resolves when all messages of both ends have arrived, and no answer is pending. */
export async function untilQuiet(one: WireEnd, other: WireEnd): Promise<void> {
  let quietTurns = 0;
  for (let turn = 0; turn < maxTurns; turn++) {
    // Wait one more turn after arrival: a promise that has just resolved may send an answer.
    if (quietTurns === 2) return;
    await nextTurn();
    const isQuiet = one.wire.sent === other.wire.received && other.wire.sent === one.wire.received;
    quietTurns = isQuiet ? quietTurns + 1 : 0;
  }
  throw new Error(`The wire does not become quiet: ${JSON.stringify([one.wire, other.wire])}.`);
}

/** Moves virtual time on between two ends of a real connection, never before the wire is quiet. */
export async function passTime(
  clock: VirtualClock,
  ms: number,
  one: WireEnd,
  other: WireEnd,
  stepMs = 1,
): Promise<void> {
  await untilQuiet(one, other);
  for (let passedMs = 0; passedMs < ms; passedMs += stepMs) {
    clock.advance(Math.min(stepMs, ms - passedMs));
    await untilQuiet(one, other);
  }
}
