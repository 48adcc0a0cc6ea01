/** Reads recorded calls back, also those of earlier runs: their list, their events and their audio. */
import { open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { SessionEvent } from '../../events/session-event.js';
import type { SessionMetrics } from '../../session/session-parts.js';

/** A finished recording. */
export interface RecordedCall {
  readonly sessionId: string;
  readonly start: SessionEvent<'session.start'>;
  /** Null if the recording was stopped before the call ended. */
  readonly end: SessionEvent<'session.end'> | null;
  readonly metrics: SessionMetrics;
}

/** `20260131-235959-a3f9b2c1`: begins with the time, so that names sort by it. */
const folderName = /^\d{8}-\d{6}-([0-9a-f]{8})$/;
/** More than the first or the last line of `events.ndjson` takes. */
const endBytes = 16 * 1024;

/** The latest finished recordings below a folder, the latest first. */
export async function recordedCalls(folder: string, limit: number): Promise<RecordedCall[]> {
  const names = (await namesIn(folder)).slice(0, limit);
  const read = await Promise.all(names.map((name) => recordedCall(join(folder, name))));
  return read.filter((call) => call !== null);
}

/** The folder of a session's finished recording; null if there is none. */
export async function recordingOf(folder: string, sessionId: string): Promise<string | null> {
  const name = (await namesIn(folder)).find((candidate) => folderName.exec(candidate)?.[1] === sessionId);
  if (name === undefined) return null;
  const path = join(folder, name);
  return (await isFinished(path)) ? path : null;
}

async function namesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => folderName.test(name))
    .sort()
    .reverse();
}

/** `metrics.json` is written last. */
async function isFinished(path: string): Promise<boolean> {
  return stat(join(path, 'metrics.json')).then(
    () => true,
    () => false,
  );
}

/** Null for a recording that goes on, has failed, or cannot be read. */
async function recordedCall(path: string): Promise<RecordedCall | null> {
  try {
    const metrics = JSON.parse(await readFile(join(path, 'metrics.json'), 'utf8')) as SessionMetrics;
    const { first, last } = await outerLines(join(path, 'events.ndjson'));
    const start = JSON.parse(first) as SessionEvent;
    const end = JSON.parse(last) as SessionEvent;
    if (start.type !== 'session.start') return null;
    const { sessionId } = start;
    return { sessionId, start, end: end.type === 'session.end' ? end : null, metrics };
  } catch {
    return null;
  }
}

/** The first and the last line of a file, without reading what is between them. */
async function outerLines(path: string): Promise<{ readonly first: string; readonly last: string }> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const length = Math.min(size, endBytes);
    const head = (await file.read(Buffer.alloc(length), 0, length, 0)).buffer.toString('utf8');
    const tail = (await file.read(Buffer.alloc(length), 0, length, size - length)).buffer.toString('utf8');
    return { first: head.split('\n', 1)[0] ?? '', last: tail.trimEnd().split('\n').at(-1) ?? '' };
  } finally {
    await file.close();
  }
}
