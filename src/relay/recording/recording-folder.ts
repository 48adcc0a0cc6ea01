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
