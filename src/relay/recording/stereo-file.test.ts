import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readWav } from '../../audio/wav.js';
import { StereoFile } from './stereo-file.js';

it('a stereo file has both channels complete, however unevenly they come, the shorter padded with silence', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hzrelay-stereo-'));
  const side = fc.int16Array({ maxLength: 50 });
  let count = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(side, side), { minLength: 1, maxLength: 20 }), async (pieces) => {
      fc.pre(pieces.some(([left, right]) => left.length + right.length > 0));
      const path = join(folder, `${count++}.wav`);
      const failures: unknown[] = [];
      const file = new StereoFile(path, Promise.resolve(), 8000, {
        onFailure: (cause) => failures.push(cause),
      });
      for (const [left, right] of pieces) file.write(left, right);
      await file.close();
      expect(failures).toEqual([]);
      const bytes = await readFile(path);
      // Other programs rely on both sizes in the header.
      expect(bytes.readUInt32LE(4)).toBe(bytes.length - 8);
      expect(bytes.readUInt32LE(40)).toBe(bytes.length - 44);
      for (const [index, channel] of (['left', 'right'] as const).entries()) {
        const written = pieces.flatMap((piece) => [...piece[index]!]);
        const { samples, channels, sampleRateHz } = readWav(bytes, { channel });
        expect({ channels, sampleRateHz }).toEqual({ channels: 2, sampleRateHz: 8000 });
        expect([...samples.subarray(0, written.length)]).toEqual(written);
        expect(samples.subarray(written.length).every((sample) => sample === 0)).toBe(true);
      }
    }),
  );
  await rm(folder, { recursive: true });
});
