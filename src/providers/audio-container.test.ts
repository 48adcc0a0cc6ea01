import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { drawn, runs } from '../../test/harness/thorough.js';
import type { AudioFormat } from '../audio/audio-frame.js';
import { encodeMulaw } from '../audio/g711.js';
import { readWav } from '../audio/wav.js';
import { noise } from '../simulators/caller-speech.js';
import { packed, type AudioContainer as Packing } from '../simulators/elevenlabs/simulated-container.js';
import { piecesOf, toneVoice } from '../simulators/simulated-voice.js';
import { AudioContainer } from './audio-container.js';

const folder = 'fixtures/audio';
const phone: AudioFormat = { encoding: 'mulaw', sampleRateHz: 8000 };
const web: AudioFormat = { encoding: 'linear16', sampleRateHz: 24_000 };

/** All that is given of bytes that come in pieces; null where they are refused. */
function unpacked(bytes: Uint8Array, format: AudioFormat, pieceLengths: readonly number[]): Buffer | null {
  const container = new AudioContainer(format);
  const given: Uint8Array[] = [];
  let at = 0;
  for (let index = 0; at < bytes.length; index++) {
    const length = pieceLengths[index % pieceLengths.length] ?? 1;
    const piece = container.unpack(bytes.subarray(at, at + length));
    if (!piece) return null;
    given.push(piece);
    at += length;
  }
  return Buffer.concat(given);
}

function littleEndian(samples: Int16Array): Buffer {
  return Buffer.from(Int16Array.from(samples).buffer);
}

function bytesOf(samples: Int16Array, encoding: AudioFormat['encoding']): Buffer {
  return encoding === 'mulaw' ? Buffer.from(encodeMulaw(samples)) : littleEndian(samples);
}

function spoken(packing: Packing, format: AudioFormat): { readonly bytes: Buffer; readonly audio: Buffer } {
  const pieces = piecesOf(toneVoice('Which day suits you?', format.sampleRateHz), format, 240);
  const audioOf = (all: typeof pieces): Buffer => Buffer.concat(all.map(({ audio }) => audio));
  return { bytes: audioOf(packed(pieces, format, packing)), audio: audioOf(pieces) };
}

describe('bare audio', () => {
  it.each([[1], [7, 160], [1920], [100_000]])(
    'is given as it is, whatever was said, in pieces of %j bytes',
    async (...lengths) => {
      const names = (await readdir(folder)).filter((name) => name.endsWith('.wav'));
      expect(names.length).toBeGreaterThan(10);
      for (const name of drawn(names, 6)) {
        const { samples, sampleRateHz } = readWav(await readFile(`${folder}/${name}`));
        for (const encoding of ['mulaw', 'linear16'] as const)
          // From several places on, since only beginnings are looked at.
          for (const from of [0, 0.1, 0.3, 0.5, 0.9]) {
            const bytes = bytesOf(samples.subarray(Math.floor(samples.length * from)), encoding);
            const given = unpacked(bytes, { encoding, sampleRateHz }, lengths);
            expect([name, encoding, given?.equals(bytes)]).toEqual([name, encoding, true]);
          }
      }
    },
  );

  it('is given as it is where it is a tone, hiss or silence, and wherever it is cut', () => {
    const sound = fc.record({
      hz: fc.integer({ min: 20, max: 3999 }),
      phase: fc.double({ min: 0, max: 7, noNaN: true }),
      amplitude: fc.integer({ min: 0, max: 32_000 }),
      hiss: fc.integer({ min: 0, max: 700 }),
      encoding: fc.constantFrom('mulaw' as const, 'linear16' as const),
      lengths: fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 9 }),
    });
    fc.assert(
      fc.property(sound, ({ hz, phase, amplitude, hiss, encoding, lengths }) => {
        const samples = noise(4000, hiss).map(
          (sample, index) => sample + amplitude * Math.sin(phase + (2 * Math.PI * hz * index) / 8000),
        );
        const bytes = bytesOf(samples, encoding);
        expect(unpacked(bytes, { encoding, sampleRateHz: 8000 }, lengths)?.equals(bytes)).toBe(true);
      }),
      { numRuns: runs(300) },
    );
  });

  it('is given as it is where it begins like a frame of MPEG, a tag or a file', () => {
    const beginnings = [
      'fffb90',
      'fff34010',
      '494433ff',
      '49443304000000808080',
      '52494646',
      '4f676753',
      '66',
    ];
    for (const beginning of beginnings) {
      const bytes = Buffer.concat([Buffer.from(beginning, 'hex'), Buffer.alloc(3000, 0xd5)]);
      expect([beginning, unpacked(bytes, phone, [240])?.equals(bytes)]).toEqual([beginning, true]);
    }
  });
});

describe('audio in a WAV file', () => {
  it.each([
    ['mu-law', phone],
    ['PCM', web],
  ])('is given without its header where it is the %s that was asked for', (_what, format) => {
    const { bytes, audio } = spoken('wav', format);
    for (const length of [1, 10, 44, 45, 4000])
      expect(unpacked(bytes, format, [length])?.equals(audio)).toBe(true);
  });

  it('is given without the chunks that programs add, and without the header of the next file', () => {
    const { bytes, audio } = spoken('wav', phone);
    const list = Buffer.from('LIST\u0003\0\0\0abc\0', 'latin1');
    const file = Buffer.concat([bytes.subarray(0, 12), list, bytes.subarray(12)]);
    const container = new AudioContainer(phone);
    expect(container.unpack(file)).toEqual(audio);
    expect(container.unpack(file)).toEqual(audio);
  });

  it('is refused in another encoding or at another rate', () => {
    const { bytes } = spoken('wav', web);
    expect(unpacked(bytes, phone, [4000])).toBeNull();
    expect(unpacked(bytes, { ...web, sampleRateHz: 16_000 }, [4000])).toBeNull();
    expect(unpacked(Buffer.concat([bytes.subarray(0, 36), Buffer.alloc(9000)]), web, [4000])).toBeNull();
  });
});

describe('other containers and codecs', () => {
  it.each<Packing>(['mp3', 'mp3_without_tag', 'ogg', 'flac'])(
    'are refused before any of it is given: %s',
    (packing) => {
      for (const format of [phone, web])
        for (const length of [1, 100, 4000]) {
          const { bytes } = spoken(packing, format);
          const container = new AudioContainer(format);
          for (let at = 0, piece: Uint8Array | null = new Uint8Array(0); piece; at += length) {
            expect(piece).toHaveLength(0);
            expect(at).toBeLessThan(bytes.length);
            piece = container.unpack(bytes.subarray(at, at + length));
          }
        }
    },
  );

  it.each(['{"detail":{"status":"system_busy"}}', '<!DOCTYPE html><html></html>'])(
    'are refused: %s',
    (text) => {
      expect(unpacked(Buffer.from(text), phone, [5])).toBeNull();
    },
  );
});
