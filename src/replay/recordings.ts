/** Caller recordings: found by path, directory or glob, and read whole before a call begins. */
import { readFile, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { glob, isDynamicPattern } from 'tinyglobby';
import { decodeAudioFile } from '../audio/audio-file.js';
import { createResampler } from '../audio/resampler.js';
import { AudioFileError, messageOf } from '../errors.js';

export interface Recording {
  readonly path: string;
  readonly name: string;
  /** Mono, at the rate that was asked for. */
  readonly samples: Int16Array;
  readonly sampleRateHz: number;
}

const audioFiles = '*.{wav,ulaw,mulaw,ul,raw}';

/**
 * Reads recordings in the order given; those of a directory or glob in the order of their names. Throws an
 * AudioFileError that names the file and the remedy; nothing is read in part.
 */
export async function readRecordings(
  patterns: readonly string[],
  sampleRateHz: number,
): Promise<Recording[]> {
  const paths = (await Promise.all(patterns.map(expand))).flat();
  return Promise.all(paths.map((path) => readRecording(path, sampleRateHz)));
}

async function expand(pattern: string): Promise<string[]> {
  const info = await stat(pattern).catch(() => null);
  if (info?.isFile()) return [pattern];
  if (info?.isDirectory())
    return found(
      await glob(audioFiles, { cwd: pattern, absolute: true, caseSensitiveMatch: false }),
      pattern,
    );
  if (isDynamicPattern(pattern)) return found(await glob(pattern, { absolute: true }), pattern);
  throw new AudioFileError(`${pattern}: there is no such file. Check the path; globs work too, in quotes.`);
}

function found(paths: readonly string[], pattern: string): string[] {
  if (paths.length === 0)
    throw new AudioFileError(`${pattern}: no audio files there (.wav, or .ulaw for raw mu-law).`);
  return [...paths].sort();
}

async function readRecording(path: string, sampleRateHz: number): Promise<Recording> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new AudioFileError(`${path}: cannot be read: ${messageOf(cause)}`, { cause });
  });
  const name = basename(path);
  const audio = decode(path, name, bytes);
  const samples = await resample(audio.samples, audio.sampleRateHz, sampleRateHz);
  return { path: resolve(path), name, samples, sampleRateHz };
}

function decode(path: string, name: string, bytes: Uint8Array): ReturnType<typeof decodeAudioFile> {
  try {
    return decodeAudioFile(name, bytes);
  } catch (cause) {
    throw new AudioFileError(
      messageOf(cause).startsWith(name) ? messageOf(cause) : `${path}: ${messageOf(cause)}`,
      { cause },
    );
  }
}

async function resample(samples: Int16Array, fromHz: number, toHz: number): Promise<Int16Array> {
  if (fromHz === toHz) return samples;
  const resampler = await createResampler({ fromHz, toHz });
  try {
    const [body, tail] = [resampler.push(samples), resampler.flush()];
    const joined = new Int16Array(body.length + tail.length);
    joined.set(body);
    joined.set(tail, body.length);
    return joined;
  } finally {
    resampler.close();
  }
}
