/** Caller speech for tests: the checked-in recordings, by name. */
import { fileURLToPath } from 'node:url';
import { readRecordings, type Recording } from '#src/replay/recordings.js';
import { callerRatesHz } from '#src/replay/replay-call.js';
import type { TransportType } from '#src/transport/transport.js';

const folder = new URL('../../fixtures/audio/', import.meta.url);
/** What was read, by rate and name: most calls of a file say the same, and converting the rate takes time. */
const known = new Map<string, Promise<Recording[]>>();

/** Recordings for a phone call, in the given order; names without `.wav`. */
export function fixtures(...names: string[]): Promise<Recording[]> {
  return fixturesFor('twilio', ...names);
}

/** Recordings for a call over this transport. */
export async function fixturesFor(via: TransportType, ...names: string[]): Promise<Recording[]> {
  const recordings = await Promise.all(names.map((name) => read(name, callerRatesHz[via])));
  return recordings.flat();
}

function read(name: string, rateHz: number): Promise<Recording[]> {
  const key = `${rateHz} ${name}`;
  const recording = known.get(key) ?? readRecordings([fileURLToPath(new URL(`${name}.wav`, folder))], rateHz);
  known.set(key, recording);
  return recording;
}
