import { setImmediate as nextTurn } from 'node:timers/promises';
import type { VirtualClock } from './virtual-clock.js';

/** One end of a connection, by the messages it has sent and received so far. */
export interface WireEnd {
  readonly wire: { readonly sent: number; readonly received: number };
}

/** Turns of the event loop after which a message counts as lost. */
const maxTurns = 100_000;

/** Resolves when everything that either end sent has arrived at the other, and nothing was sent in answer. */
export async function untilQuiet(one: WireEnd, other: WireEnd): Promise<void> {
  let quietTurns = 0;
  for (let turn = 0; turn < maxTurns; turn++) {
    // One turn more than it takes to arrive: an answer may be sent by a promise that just resolved.
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
