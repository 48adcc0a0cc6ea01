/** Caller speech for tests: the checked-in recordings, by name. */
import { fileURLToPath } from 'node:url';
import { readRecordings, type Recording } from '../replay/recordings.js';

const folder = new URL('../../fixtures/audio/', import.meta.url);

/** Recordings at 8 kHz, in the order given; names without `.wav`. */
export function fixtures(...names: string[]): Promise<Recording[]> {
  return readRecordings(
    names.map((name) => fileURLToPath(new URL(`${name}.wav`, folder))),
    8000,
  );
}
