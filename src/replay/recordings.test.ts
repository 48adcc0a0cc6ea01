import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeMulaw } from '../audio/g711.js';
import { writeWav } from '../audio/wav.js';
import { AudioFileError } from '../core/errors.js';
import { readRecordings } from './recordings.js';

let folder = '';
const at = (name: string): string => join(folder, name);
const wav = (samples: Int16Array, sampleRateHz = 8000): Uint8Array =>
  writeWav({ channels: [samples], sampleRateHz });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hzrelay-recordings-'));
  await mkdir(at('calls'));
  await mkdir(at('nothing'));
  await Promise.all([
    writeFile(at('calls/b.wav'), wav(Int16Array.of(1, 2, 3))),
    writeFile(at('calls/a.WAV'), wav(Int16Array.of(4, 5))),
    writeFile(at('calls/c.ulaw'), Uint8Array.of(0xff, 0x80)),
    writeFile(at('calls/notes.txt'), 'no audio'),
    writeFile(at('take[1].wav'), wav(Int16Array.of(6))),
    writeFile(at('wide.wav'), wav(new Int16Array(16_000).fill(1000), 16_000)),
    writeFile(at('empty.wav'), ''),
    writeFile(at('broken.wav'), 'RIFF is not enough'),
  ]);
});

afterAll(() => rm(folder, { recursive: true }));

const names = async (...patterns: string[]): Promise<string[]> =>
  (await readRecordings(patterns.map(at), 8000)).map(({ name }) => name);

describe('recordings', () => {
  it('are read in the order they are given, whatever they came in', async () => {
    const [first, second] = await readRecordings([at('calls/c.ulaw'), at('calls/b.wav')], 8000);
    expect(first).toEqual({
      path: at('calls/c.ulaw'),
      name: 'c.ulaw',
      samples: decodeMulaw(Uint8Array.of(0xff, 0x80)),
      sampleRateHz: 8000,
    });
    expect(second?.samples).toEqual(Int16Array.of(1, 2, 3));
  });

  it('of a folder are its audio files, in the order of their names', async () => {
    expect(await names('calls')).toEqual(['a.WAV', 'b.wav', 'c.ulaw']);
  });

  it('can be given by a glob, and by a name that looks like one', async () => {
    expect(await names('calls/*.{ulaw,wav}')).toEqual(['b.wav', 'c.ulaw']);
    expect(await names('take[1].wav')).toEqual(['take[1].wav']);
  });

  it('come at the rate that was asked for', async () => {
    const [wide] = await readRecordings([at('wide.wav')], 8000);
    expect(wide?.sampleRateHz).toBe(8000);
    expect(Math.abs((wide?.samples.length ?? 0) - 8000)).toBeLessThanOrEqual(2);
    expect(wide?.samples[4000]).toBeGreaterThan(980);
  });
});

describe('a recording that cannot be used is an AudioFileError that names it:', () => {
  it.each([
    ['missing.wav', /missing\.wav: there is no such file\. Check the path/],
    ['nothing', /nothing: no audio files there/],
    ['calls/*.mp3', /calls\/\*\.mp3: no audio files there/],
    ['empty.wav', /empty\.wav: The file is empty/],
    ['broken.wav', /broken\.wav: /],
    ['calls/notes.txt', /notes\.txt: /],
  ])('%s', async (name, message) => {
    const reading = readRecordings([at('calls/b.wav'), at(name)], 8000);
    await expect(reading).rejects.toThrow(AudioFileError);
    await expect(reading).rejects.toThrow(message);
  });

  it('all of them at once', async () => {
    const reading = readRecordings(['empty.wav', 'calls/b.wav', 'missing.wav', 'broken.wav'].map(at), 8000);
    await expect(reading).rejects.toThrow(/empty\.wav: .*\n.*missing\.wav: .*\n.*broken\.wav: /);
  });
});
