/** Caller speech for tests: the checked-in recordings, by name. */
import { fileURLToPath } from 'node:url';
import { readRecordings, type Recording } from '../replay/recordings.js';
import { callerRatesHz } from '../replay/replay-call.js';
import type { TransportType } from '../transport/transport.js';

const folder = new URL('../../fixtures/audio/', import.meta.url);

/** Recordings as a phone call says them, in the order given; names without `.wav`. */
export function fixtures(...names: string[]): Promise<Recording[]> {
  return fixturesFor('twilio', ...names);
}

/** Recordings as a call over this transport says them. */
export function fixturesFor(via: TransportType, ...names: string[]): Promise<Recording[]> {
  return readRecordings(
    names.map((name) => fileURLToPath(new URL(`${name}.wav`, folder))),
    callerRatesHz[via],
  );
}
