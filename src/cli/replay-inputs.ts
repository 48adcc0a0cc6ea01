/** What `hzrelay replay` is given besides recordings, checked before a call begins. */
import { access, constants, readFile, stat } from 'node:fs/promises';
import { dirname, join, parse, resolve } from 'node:path';
import { messageOf } from '../errors.js';
import type { SessionEvent } from '../events/session-event.js';
import { parseEventLog } from '../replay/golden.js';
import type { Recording } from '../replay/recordings.js';
import type { TransportType } from '../transport/transport.js';
import { UsageError } from './exit.js';

/** Reads the golden log of `--expect`. Throws a UsageError if there is none or it is something else than one call's. */
export async function readExpected(path: string): Promise<SessionEvent[]> {
  const events = await readEvents(path);
  const calls = new Set(events.map(({ sessionId }) => sessionId)).size;
  if (calls === 1) return events;
  throw new UsageError(
    `--expect ${path} holds the events of ${calls} calls, and each call is compared with one. Write it without --via both.`,
  );
}

async function readEvents(path: string): Promise<SessionEvent[]> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new UsageError(`--expect ${path} cannot be read: ${reasonOf(cause)}.`, { cause });
  });
  try {
    return parseEventLog(text, path);
  } catch (cause) {
    throw new UsageError(`--expect ${messageOf(cause)}`, { cause });
  }
}

/**
 * The file of one call: the one that `--output` names, or, where several calls are made, one for each, with the transport
 * before the extension.
 */
export function outputFor(path: string | undefined, transport: TransportType | null): string | undefined {
  if (path === undefined || transport === null) return path;
  const { dir, name, ext } = parse(path);
  return join(dir, `${name}.${transport}${ext}`);
}

/** Makes sure that a file to write, named by this flag, can be written and overwrites no recording. Throws a UsageError. */
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
  await access(file ? path : folder, constants.W_OK).catch((cause: unknown) => {
    const remedy = file ? 'Choose another name.' : `Make the folder ${folder} first, or choose another.`;
    throw new UsageError(`${flag} ${path} cannot be written: ${reasonOf(cause)}. ${remedy}`, { cause });
  });
}

/** The relay's address from `--url`. Throws a UsageError for anything but scheme and host. */
export function relayUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const plain = url?.pathname === '/' && url.search === '' && url.hash === '' && url.username === '';
  if (url && plain && (url.protocol === 'http:' || url.protocol === 'https:')) return url.origin;
  throw new UsageError(
    `--url ${url?.username ? 'holds credentials' : `${text} is no relay's address`}. Give scheme and host only, for example http://127.0.0.1:8787.`,
  );
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EISDIR: 'it is a folder',
  ENOTDIR: 'part of its path is a file',
  EACCES: 'there is no permission',
  EROFS: 'the file system is read-only',
};

/** What the operating system said, in words. */
export function reasonOf(cause: unknown): string {
  const { code = '' } = cause as NodeJS.ErrnoException;
  return reasons[code] ?? messageOf(cause);
}
