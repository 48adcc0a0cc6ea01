/** Compares a replay with the lanes of an earlier one. */
import { HzRelayError, messageOf } from '../core/errors.js';
import type { SessionEvent } from '../events/session-event.js';
import { lanesOf, laneLines } from './lanes.js';
import { diffLines, type DiffLine } from './line-diff.js';

/** Does not name the given file: following the advice must not overwrite a file given by mistake. */
const howToWrite = 'Write one with: hzrelay replay FILE --json > golden.ndjson';

/**
 * Reads a golden event log: the NDJSON that `hzrelay replay --json` wrote. Throws an HzRelayError that names the
 * invalid line.
 */
export function parseEventLog(text: string, name: string): SessionEvent[] {
  const lines = text.split('\n').map((line, index) => ({ line, number: index + 1 }));
  const written = lines.filter(({ line }) => line.trim() !== '');
  if (written.length === 0) throw new HzRelayError(`${name}: the file is empty. ${howToWrite}`);
  return written.map(({ line, number }) => {
    const event = parseLine(line);
    if (isEvent(event)) return event;
    throw new HzRelayError(`${name}: line ${number} is not a session event. ${howToWrite}`);
  });
}

export interface Comparison {
  readonly equal: boolean;
  /** Every line of both, in order. */
  readonly diff: readonly DiffLine[];
}

/** Compares the parity lanes of two runs. */
export function compareRuns(expected: Iterable<SessionEvent>, actual: Iterable<SessionEvent>): Comparison {
  const diff = diffLines(laneLines(lanesOf(expected)), laneLines(lanesOf(actual)));
  return { equal: diff.every(({ side }) => side === 'both'), diff };
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (thrown) {
    return messageOf(thrown);
  }
}

function isEvent(value: unknown): value is SessionEvent {
  return (
    typeof value === 'object' &&
    value !== null &&
    'type' in value &&
    typeof value.type === 'string' &&
    'turn' in value &&
    typeof value.turn === 'number'
  );
}
