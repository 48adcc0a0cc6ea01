/** Reads the folder of a recorded session: what the caller said, and how the session ended. */
import { readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { readWav } from '../audio/wav.js';
import { AudioFileError, messageOf } from '../core/errors.js';
import type { SessionEvent } from '../events/session-event.js';
import { recordingFiles } from '../relay/recording/recording-folder.js';
import { parseEventLog } from './golden.js';
import { resample, type Recording } from './recordings.js';

/** The caller's side of a recorded session. */
export interface RecordedCaller {
  /** All of it, from `session.start` to the end, pauses included. */
  readonly recording: Recording;
  /** Whether the caller ended the call. */
  readonly hungUp: boolean;
  /** The caller's inputs besides speech, which the audio does not contain. */
  readonly inaudible: { readonly digits: number; readonly typedTurns: number };
}

/** Whether a path is a session's folder. */
export async function isSessionFolder(path: string): Promise<boolean> {
  const files = await Promise.all(
    [recordingFiles.events, recordingFiles.audio].map((name) => stat(join(path, name)).catch(() => null)),
  );
  return files.every((file) => file?.isFile() === true);
}

/** Reads the caller's side of a session's folder, at the given rate. Throws an AudioFileError that says what is wrong. */
export async function readRecordedCaller(folder: string, sampleRateHz: number): Promise<RecordedCaller> {
  const path = join(folder, recordingFiles.audio);
  const [events, bytes] = await Promise.all([readEvents(join(folder, recordingFiles.events)), read(path)]);
  const audio = decode(path, bytes);
  const samples = await resample(audio.samples, audio.sampleRateHz, sampleRateHz);
  const end = events.findLast((event) => event.type === 'session.end');
  return {
    recording: { path: resolve(path), name: basename(resolve(folder)), samples, sampleRateHz },
    // Without an end in the log, assume that the caller hung up where the recording ends.
    hungUp: end === undefined || end.reason === 'hangup',
    inaudible: {
      digits: events.filter(({ type }) => type === 'dtmf').length,
      typedTurns: events.filter((event) => event.type === 'transcript.final' && event.typed).length,
    },
  };
}

async function readEvents(path: string): Promise<SessionEvent[]> {
  const text = (await read(path)).toString('utf8');
  // After a crash the last line may be cut off.
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  try {
    return whole === '' ? [] : parseEventLog(whole, path);
  } catch (cause) {
    throw new AudioFileError(messageOf(cause), { cause });
  }
}

function decode(path: string, bytes: Uint8Array): ReturnType<typeof readWav> {
  try {
    return readWav(bytes, { channel: 'left' });
  } catch (cause) {
    throw new AudioFileError(`${path}: ${messageOf(cause)}`, { cause });
  }
}

function read(path: string): Promise<Buffer> {
  return readFile(path).catch((cause: unknown) => {
    throw new AudioFileError(`${path}: it cannot be read: ${messageOf(cause)}`, { cause });
  });
}
