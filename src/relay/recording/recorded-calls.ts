/** Reads recorded calls back, also those of earlier runs. The folders are the user's, so what is in them is checked. */
import { lstat, open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { CallSummary } from '../../call-view/call-summary.js';
import type { SessionEndReason } from '../../events/session-event.js';
import { transportTypes } from '../../transport/registry.js';
import { recordingFiles, sessionOfFolder } from './recording-folder.js';

/** More than the first or the last line of `events.ndjson` takes. */
const endBytes = 16 * 1024;
/** More than are ever listed. */
const maxRead = 500;

const metrics = z.object({
  turns: z.array(z.object({ turn: z.number() })),
  mouthToEar: z.object({ p50: z.number().nullable() }),
});
const start = z.object({
  type: z.literal('session.start'),
  sessionId: z.string(),
  transport: z.enum(transportTypes),
  from: z.string().optional(),
  to: z.string().optional(),
  timeMs: z.number(),
});
const last = z.object({
  type: z.string(),
  atMs: z.number(),
  reason: z.string().optional(),
});

/** A finished recording that was read: of a call to its end, or to where the recording was stopped. */
interface ReadRecording {
  /** Of its metrics; a folder may be replaced by another of the same name. */
  readonly writtenMs: number;
  /** Null if it is no recording. */
  readonly call: CallSummary | null;
}

/** The finished recordings of a relay's folders. What was read is kept. */
export class RecordedCalls {
  readonly #read = new Map<string, ReadRecording>();

  /** The latest ones below a folder, the latest first. */
  async list(folder: string, limit: number): Promise<CallSummary[]> {
    const calls: CallSummary[] = [];
    // One after the other: what is read blocks the calls that are running.
    for (const { name, sessionId } of await callsIn(folder)) {
      if (calls.length === limit) break;
      const call = await this.#call(join(folder, name), sessionId);
      if (call) calls.push(call);
    }
    return calls;
  }

  /** The folder of a session's finished recording, and the call in it; null if there is none. */
  async find(
    folder: string,
    sessionId: string,
  ): Promise<{ readonly path: string; readonly call: CallSummary } | null> {
    const found = (await callsIn(folder)).find((candidate) => candidate.sessionId === sessionId);
    if (!found) return null;
    const path = join(folder, found.name);
    const call = await this.#call(path, sessionId);
    return call && { path, call };
  }

  async #call(path: string, sessionId: string): Promise<CallSummary | null> {
    const written = await fileTime(join(path, recordingFiles.metrics));
    if (written === null) return null;
    const known = this.#read.get(path);
    if (known?.writtenMs === written) return known.call;
    const call = await readCall(path, sessionId);
    this.#read.delete(path);
    this.#read.set(path, { writtenMs: written, call });
    const [oldest] = this.#read.keys();
    if (this.#read.size > maxRead && oldest !== undefined) this.#read.delete(oldest);
    return call;
  }
}

/** The calls below a folder by the names of theirs, the latest first. */
async function callsIn(
  folder: string,
): Promise<readonly { readonly name: string; readonly sessionId: string }[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .sort()
    .reverse()
    .flatMap((name) => {
      const sessionId = sessionOfFolder(name);
      return sessionId === null ? [] : [{ name, sessionId }];
    });
}

/** When a file was written; null if there is none, or something else: a link may lead anywhere, and a pipe never ends. */
async function fileTime(path: string): Promise<number | null> {
  const found = await lstat(path).catch(() => null);
  return found?.isFile() ? found.mtimeMs : null;
}

/** Null if it is not what a recorder writes. */
async function readCall(path: string, sessionId: string): Promise<CallSummary | null> {
  try {
    const events = join(path, recordingFiles.events);
    if ((await fileTime(events)) === null) return null;
    const lines = await outerLines(events);
    const begun = start.parse(JSON.parse(lines.first));
    const ended = last.parse(JSON.parse(lines.last));
    const { turns, mouthToEar } = metrics.parse(
      JSON.parse(await readFile(join(path, recordingFiles.metrics), 'utf8')),
    );
    if (begun.sessionId !== sessionId) return null;
    return {
      sessionId,
      transport: begun.transport,
      from: begun.from ?? null,
      to: begun.to ?? null,
      startedAtMs: begun.timeMs,
      durationMs: ended.atMs,
      endReason: ended.type === 'session.end' ? ((ended.reason ?? 'ended') as SessionEndReason) : null,
      turns: turns.filter(({ turn }) => turn > 0).length,
      mouthToEarMs: mouthToEar.p50,
      recorded: (await fileTime(join(path, recordingFiles.audio))) !== null,
    };
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
