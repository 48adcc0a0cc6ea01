/** What the caller of a replay says: recordings turn by turn, or all caller audio of a recorded session. */
import { readRecordings, type Recording } from '../../replay/recordings.js';
import { isSessionFolder, readRecordedCaller, type RecordedCaller } from '../../replay/session-folder.js';
import { UsageError } from '../exit.js';

export interface ReplayCaller {
  /** At the requested sample rate. */
  readonly recordings: readonly Recording[];
  /** Set for a session's folder: the audio keeps its original timing. */
  readonly wholeCall?: { readonly hungUp: boolean };
  /** A sentence about what the replay cannot repeat; null if it repeats everything. */
  readonly leavesOut: string | null;
}

/**
 * Reads the caller's audio at this rate. Throws an AudioFileError that names every unusable file, and a UsageError for
 * a session's folder combined with other files or with `bargeIn`.
 */
export async function readCaller(
  files: readonly string[],
  sampleRateHz: number,
  { bargeIn }: { readonly bargeIn?: number | undefined },
): Promise<ReplayCaller> {
  const folders = await Promise.all(files.map(isSessionFolder));
  const [folder] = files.filter((_file, index) => folders[index]);
  if (folder === undefined) return { recordings: await readRecordings(files, sampleRateHz), leavesOut: null };
  if (files.length > 1)
    throw new UsageError(`${folder} is the recording of a whole session. Replay it alone.`);
  if (bargeIn !== undefined)
    throw new UsageError(
      `--barge-in does not work with ${folder}, the recording of a whole session: its caller keeps the original timing.`,
    );
  const { recording, hungUp, inaudible } = await readRecordedCaller(folder, sampleRateHz);
  return { recordings: [recording], wholeCall: { hungUp }, leavesOut: leftOut(inaudible) };
}

function leftOut({ digits, typedTurns }: RecordedCaller['inaudible']): string | null {
  const what = [
    ...(digits > 0 ? [digits === 1 ? 'a pressed key' : `${digits} pressed keys`] : []),
    ...(typedTurns > 0 ? [typedTurns === 1 ? 'a typed turn' : `${typedTurns} typed turns`] : []),
  ];
  return what.length === 0 ? null : `The replay leaves out ${what.join(' and ')}: only sound is replayed.`;
}
