/** What the caller of a replay says: recordings turn by turn, or all that somebody said in a recorded session. */
import { readRecordings, type Recording } from '../replay/recordings.js';
import { isSessionFolder, readRecordedCaller, type RecordedCaller } from '../replay/session-folder.js';
import { UsageError } from './exit.js';

export interface ReplayCaller {
  /** At the rate that was asked for. */
  readonly recordings: readonly Recording[];
  /** Where it is a session's folder: the caller speaks when they spoke. */
  readonly wholeCall?: { readonly hungUp: boolean };
  /** What the replay cannot repeat; null where that is nothing. */
  readonly leavesOut: string | null;
}

/**
 * Reads what is to be said, at this rate. Throws an AudioFileError that names every file that cannot be used, and a
 * UsageError for a session's folder together with something that it does not go with.
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
      `--barge-in does not go with ${folder}, the recording of a whole session: its caller speaks when they spoke.`,
    );
  const { recording, hungUp, inaudible } = await readRecordedCaller(folder, sampleRateHz);
  return { recordings: [recording], wholeCall: { hungUp }, leavesOut: leftOut(inaudible) };
}

function leftOut({ digits, typedTurns }: RecordedCaller['inaudible']): string | null {
  const what = [
    ...(digits > 0 ? [digits === 1 ? 'a key that was pressed' : `${digits} keys that were pressed`] : []),
    ...(typedTurns > 0
      ? [typedTurns === 1 ? 'a turn that was typed' : `${typedTurns} turns that were typed`]
      : []),
  ];
  return what.length === 0 ? null : `The replay leaves out ${what.join(' and ')}: only sound is replayed.`;
}
