/** Checks the inputs of `hzrelay replay` besides recordings, before a call begins. */
import { access, constants, open, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join, parse, resolve } from 'node:path';
import { messageOf } from '../../core/errors.js';
import type { SessionEvent } from '../../events/session-event.js';
import type { Recording } from '../../replay/recordings.js';
import { baseOf, readPublicUrl } from '../../relay/http/public-url.js';
import type { TransportType } from '../../transport/transport.js';
import { UsageError } from '../exit.js';
import { folderProblem } from '../../relay/recording/recording-folder.js';
import { reasonOf } from '../../relay/system-reason.js';

/** Reads the golden log of `--expect`. Throws a UsageError if the file is missing or is not the log of one call. */
export async function readExpected(path: string): Promise<SessionEvent[]> {
  const events = await readEvents(path);
  const calls = new Set(events.map(({ sessionId }) => sessionId)).size;
  if (calls === 1) return events;
  throw new UsageError(
    `--expect ${path} holds the events of ${calls} calls, but must hold those of one. Write it without --via both.`,
  );
}

async function readEvents(path: string): Promise<SessionEvent[]> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new UsageError(`--expect ${path} cannot be read: ${reasonOf(cause)}.`, { cause });
  });
  const { parseEventLog } = await import('../../replay/golden.js');
  try {
    return parseEventLog(text, path);
  } catch (cause) {
    throw new UsageError(`--expect ${messageOf(cause)}`, { cause });
  }
}

/**
 * The output file of a call: the one that `--output` names; with several calls, one for each, with the transport before
 * the extension.
 */
export function outputFor(path: string | undefined, transport: TransportType | null): string | undefined {
  if (path === undefined || transport === null) return path;
  const { dir, name, ext } = parse(path);
  return join(dir, `${name}.${transport}${ext}`);
}

/** Checks that the file of this flag can be written and is not one of the recordings. Throws a UsageError if not. */
export async function checkOutput(
  path: string,
  recordings: readonly Recording[],
  flag = '--output',
): Promise<void> {
  const [file, folder] = [await stat(path).catch(() => null), dirname(path)];
  if (file?.isDirectory())
    throw new UsageError(`${flag} ${path} is a folder. Name a file in it, for example reply.wav.`);
  if (recordings.some((recording) => recording.path === resolve(path)))
    throw new UsageError(`${flag} ${path} is one of the recordings. Choose another name.`);
  await (file ? access(path, constants.W_OK) : tryToWrite(path)).catch((cause: unknown) => {
    const remedy = file ? 'Choose another name.' : `Make the folder ${folder} first, or choose another.`;
    throw new UsageError(`${flag} ${path} cannot be written: ${reasonOf(cause)}. ${remedy}`, { cause });
  });
}

/** Tries it, since permissions alone do not tell whether a file can be created. */
async function tryToWrite(path: string): Promise<void> {
  await (await open(path, 'wx', 0o600)).close();
  await rm(path, { force: true });
}

/**
 * Makes the folder for recordings, so that a problem is found before the first call. Throws a UsageError if it fails.
 */
export async function makeRecordingFolder(path: string): Promise<void> {
  const problem = await folderProblem(resolve(path));
  if (problem !== null)
    throw new UsageError(`--record ${path} ${problem}. Name a folder; it is made if it does not exist.`);
}

/** The relay's address from `--url`, without a trailing slash. Throws a UsageError for anything else. */
export function relayUrl(text: string): string {
  const reading = readPublicUrl(text);
  if (reading.ok) return baseOf(reading.url);
  throw new UsageError(
    `--url ${reading.problem.startsWith('holds') ? 'holds credentials' : `${text} is not a relay's address`}. Give its address, for example http://127.0.0.1:8787 or https://example.com/voice.`,
  );
}
