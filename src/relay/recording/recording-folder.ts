import { access, constants } from 'node:fs/promises';
import { makeFolder } from '../make-folder.js';
import { reasonOf } from '../system-reason.js';

/** Makes a folder for recordings, if it is missing, and resolves with what is wrong with it; null if nothing is. */
export async function folderProblem(path: string): Promise<string | null> {
  try {
    await makeFolder(path);
    await access(path, constants.W_OK);
    return null;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    return code === 'EEXIST' ? 'is a file' : `cannot be written: ${reasonOf(cause)}`;
  }
}

/** The files of a recorded call, in its own folder. The metrics are written last. */
export const recordingFiles = {
  config: 'config.json',
  events: 'events.ndjson',
  audio: 'audio.wav',
  trace: 'trace.jsonl',
  metrics: 'metrics.json',
} as const;

/** The name of a call's folder, with the local time: `20260131-235959-a3f9b2c1`. Names sort by it. */
export function callFolderName(date: Date, sessionId: string): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('');
  return `${day}-${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join('')}-${sessionId}`;
}

/** The session in a folder of this name; null if that is no call's. */
export function sessionOfFolder(name: string): string | null {
  return /^\d{8}-\d{6}-([0-9a-f]{8})$/.exec(name)?.[1] ?? null;
}
