/** Caller speech for tests: the checked-in recordings, by name. */
import { fileURLToPath } from 'node:url';
import { readRecordings, type Recording } from '#src/replay/recordings.js';
import { callerRatesHz } from '#src/replay/replay-call.js';
import type { TransportType } from '#src/transport/transport.js';

const folder = new URL('../../fixtures/audio/', import.meta.url);

/** Recordings for a phone call, in the given order; names without `.wav`. */
export function fixtures(...names: string[]): Promise<Recording[]> {
  return fixturesFor('twilio', ...names);
}

/** Recordings for a call over this transport. */
export function fixturesFor(via: TransportType, ...names: string[]): Promise<Recording[]> {
  return readRecordings(
    names.map((name) => fileURLToPath(new URL(`${name}.wav`, folder))),
    callerRatesHz[via],
  );
}
