/** Caller recordings: found by path, directory or glob, and read whole before a call begins. */
import { readFile, stat } from 'node:fs/promises';
import { basename, isAbsolute, join, resolve } from 'node:path';
import { glob, isDynamicPattern } from 'tinyglobby';
import { decodeAudioFile } from '../audio/audio-file.js';
import { createResampler } from '../audio/resampler.js';
import { AudioFileError, messageOf } from '../core/errors.js';

export interface Recording {
  readonly path: string;
  readonly name: string;
  /** Mono, at the requested sample rate. */
  readonly samples: Int16Array;
  readonly sampleRateHz: number;
}

const audioFiles = '*.{wav,ulaw,mulaw,ul,raw}';

/**
 * Reads recordings in the order given; those of a directory or glob in the order of their names. Throws an
 * AudioFileError that names every file that cannot be used, and the remedy.
 */
export async function readRecordings(
  patterns: readonly string[],
  sampleRateHz: number,
): Promise<Recording[]> {
  const read = async (pattern: string): Promise<Recording[]> =>
    allOf((await expand(pattern)).map((path) => readRecording(path, sampleRateHz)));
  return (await allOf(patterns.map(read))).flat();
}

/** Like `Promise.all`, but one AudioFileError lists the problems of all files. */
async function allOf<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const results = await Promise.all(
    promises.map((promise) =>
      promise.catch((thrown: unknown) => {
        if (thrown instanceof AudioFileError) return thrown;
        throw thrown;
      }),
    ),
  );
  const problems = results.filter((result) => result instanceof AudioFileError);
  if (problems.length > 0)
    throw new AudioFileError(problems.map(messageOf).join('\n'), { cause: problems[0] });
  return results.flatMap((result) => (result instanceof AudioFileError ? [] : [result]));
}

async function expand(pattern: string): Promise<string[]> {
  const info = await stat(pattern).catch(() => null);
  if (info?.isFile()) return [pattern];
  if (info?.isDirectory()) {
    const names = await glob(audioFiles, { cwd: pattern, caseSensitiveMatch: false });
    return found(names, pattern).map((name) => join(pattern, name));
  }
  if (isDynamicPattern(pattern))
    return found(await glob(pattern, { absolute: isAbsolute(pattern) }), pattern);
  throw new AudioFileError(`${pattern}: there is no such file. Check the path; globs work too, in quotes.`);
}

function found(paths: readonly string[], pattern: string): string[] {
  if (paths.length === 0)
    throw new AudioFileError(`${pattern}: no audio files there (.wav, or .ulaw for raw mu-law).`);
  return [...paths].sort();
}

async function readRecording(path: string, sampleRateHz: number): Promise<Recording> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new AudioFileError(`${path}: it cannot be read: ${messageOf(cause)}`, { cause });
  });
  const audio = decodeAudioFile(path, bytes);
  const samples = await resample(audio.samples, audio.sampleRateHz, sampleRateHz);
  return { path: resolve(path), name: basename(path), samples, sampleRateHz };
}

/** The same audio at another rate. */
export async function resample(samples: Int16Array, fromHz: number, toHz: number): Promise<Int16Array> {
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
