/** The checked-in caller recordings, with their texts. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { readRecordings } from '../../dist/replay/recordings.js';
import { callerRatesHz } from '../../dist/replay/replay-call.js';

const folder = new URL('../../fixtures/', import.meta.url);

/** Every fixture as the manifest describes it. */
export const manifest = JSON.parse(await readFile(new URL('manifest.json', folder), 'utf8'));

const loaded = new Map();

/** The fixture's recording, by default at the phone's rate; `file` as in the manifest. */
export function recordingOf(file, sampleRateHz = callerRatesHz.twilio) {
  const key = `${sampleRateHz} ${file}`;
  const known = loaded.get(key);
  if (known) return known;
  const reading = readRecordings([fileURLToPath(new URL(file, folder))], sampleRateHz).then(
    ([recording]) => recording,
  );
  loaded.set(key, reading);
  return reading;
}

/** Recordings by bare name, in the given order, for a call over this transport. */
export function recordings(names, via = 'twilio') {
  return Promise.all(names.map((name) => recordingOf(`audio/${name}.wav`, callerRatesHz[via])));
}

/** Their texts, one each. */
export function textsOf(names) {
  return names.map((name) => manifest.find(({ file }) => file === `audio/${name}.wav`).text);
}
