import { describe, expect, it } from '@jest/globals';
import alawmulaw from 'alawmulaw';
import fc from 'fast-check';
import { AudioFileError } from '../core/errors.js';
import { readWav, writeWav } from './wav.js';

interface WavFields {
  readonly format?: number;
  readonly channels?: number;
  readonly rate?: number;
  readonly bits?: number;
  readonly blockAlign?: number;
  readonly subFormat?: number;
  readonly subFormatTail?: readonly number[];
  readonly before?: readonly Uint8Array[];
  readonly dataSize?: number;
  readonly riffSize?: number;
}

const guidTail = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];

function chunk(id: string, body: Uint8Array, size = body.length): Uint8Array {
  const bytes = new Uint8Array(8 + body.length + (body.length % 2));
  bytes.set(new TextEncoder().encode(id));
  new DataView(bytes.buffer).setUint32(4, size, true);
  bytes.set(body, 8);
  return bytes;
}

/** A WAV file with any header fields, valid or not. */
function wavOf(data: Uint8Array, fields: WavFields = {}): Uint8Array {
  const { channels = 1, rate = 8000, bits = 16, subFormat } = fields;
  const format = new DataView(new ArrayBuffer(subFormat === undefined ? 16 : 40));
  const blockAlign = fields.blockAlign ?? (channels * bits) / 8;
  format.setUint16(0, subFormat === undefined ? (fields.format ?? 1) : 0xfffe, true);
  format.setUint16(2, channels, true);
  format.setUint32(4, rate, true);
  format.setUint32(8, rate * blockAlign, true);
  format.setUint16(12, blockAlign, true);
  format.setUint16(14, bits, true);
  if (subFormat !== undefined) {
    format.setUint16(16, 22, true);
    format.setUint16(18, bits, true);
    format.setUint16(24, subFormat, true);
    (fields.subFormatTail ?? guidTail).forEach((byte, i) => format.setUint8(26 + i, byte));
  }
  const chunks = [
    chunk('fmt ', new Uint8Array(format.buffer)),
    ...(fields.before ?? []),
    chunk('data', data, fields.dataSize),
  ];
  const body = Uint8Array.from(chunks.flatMap((part) => [...part]));
  const file = chunk('RIFF', Uint8Array.from([...new TextEncoder().encode('WAVE'), ...body]));
  if (fields.riffSize !== undefined) new DataView(file.buffer).setUint32(4, fields.riffSize, true);
  return file;
}

const bytesOf = (samples: ArrayBufferView): Uint8Array =>
  new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);

function errorOf(read: () => unknown): Error {
  try {
    read();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('It was read without an error.');
}

describe('reading a WAV file', () => {
  it('gives the same samples from a piece of a larger buffer, as files are read', () => {
    const samples = Int16Array.from([1, -2, 32_767, -32_768]);
    const file = wavOf(bytesOf(samples));
    const piece = Buffer.concat([Buffer.alloc(3), file, Buffer.alloc(5)]).subarray(3, 3 + file.length);
    expect(readWav(piece).samples).toEqual(samples);
  });

  it('reads 16-bit PCM to the bit', () => {
    const { samples, sampleRateHz, channels } = readWav(
      wavOf(bytesOf(Int16Array.of(0, 1, -1, 32767, -32768))),
    );
    expect([...samples]).toEqual([0, 1, -1, 32767, -32768]);
    expect([sampleRateHz, channels]).toEqual([8000, 1]);
  });

  it('reads 8-bit PCM, which is unsigned', () => {
    expect([...readWav(wavOf(Uint8Array.of(0, 128, 255), { bits: 8 })).samples]).toEqual([-32768, 0, 32512]);
  });

  it('reads 24-bit PCM', () => {
    const data = Uint8Array.of(0, 0, 0x80, 0, 0, 0, 0xff, 0xff, 0x7f, 0, 0x34, 0x12, 0, 0xff, 0xff);
    expect([...readWav(wavOf(data, { bits: 24 })).samples]).toEqual([-32768, 0, 32767, 0x1234, -1]);
  });

  it('reads 32-bit PCM', () => {
    const data = bytesOf(Int32Array.of(-(2 ** 31), 0, 2 ** 31 - 1, 0x1234_0000));
    expect([...readWav(wavOf(data, { bits: 32 })).samples]).toEqual([-32768, 0, 32767, 0x1234]);
  });

  it.each([
    [32, Float32Array],
    [64, Float64Array],
  ])('reads %i-bit float, clamps values beyond full scale, and reads NaN as silence', (bits, Floats) => {
    const data = bytesOf(Floats.of(0.5, -1, 0, 2, -Infinity, NaN));
    const { samples } = readWav(wavOf(data, { bits, format: 3 }));
    expect([...samples]).toEqual([16384, -32768, 0, 32767, -32768, 0]);
  });

  it('reads mu-law and A-law', () => {
    const codes = Uint8Array.from({ length: 256 }, (_, code) => code);
    expect(readWav(wavOf(codes, { bits: 8, format: 7 })).samples).toEqual(alawmulaw.mulaw.decode(codes));
    expect(readWav(wavOf(codes, { bits: 8, format: 6 })).samples).toEqual(alawmulaw.alaw.decode(codes));
  });

  it('reads the extensible form of PCM and of float', () => {
    const pcm = wavOf(bytesOf(Int16Array.of(1, -2)), { subFormat: 1 });
    expect([...readWav(pcm).samples]).toEqual([1, -2]);
    const float = wavOf(bytesOf(Float32Array.of(0.5, -0.5)), { subFormat: 3, bits: 32 });
    expect([...readWav(float).samples]).toEqual([16384, -16384]);
  });

  it('averages the channels, or reads one of them', () => {
    const stereo = wavOf(bytesOf(Int16Array.of(100, 300, 32767, 32767, -100, 101)), {
      channels: 2,
      rate: 44100,
    });
    expect([...readWav(stereo).samples]).toEqual([200, 32767, 1]);
    expect([...readWav(stereo, { channel: 'left' }).samples]).toEqual([100, 32767, -100]);
    expect([...readWav(stereo, { channel: 'right' }).samples]).toEqual([300, 32767, 101]);
    expect(readWav(stereo)).toMatchObject({ channels: 2, sampleRateHz: 44100 });

    const six = wavOf(bytesOf(Int16Array.of(6, 12, 18, 24, 30, 36)), { channels: 6 });
    expect([...readWav(six).samples]).toEqual([21]);
  });

  it('reads the only channel of a mono file for any choice', () => {
    const mono = wavOf(bytesOf(Int16Array.of(5, 6)));
    expect([...readWav(mono, { channel: 'right' }).samples]).toEqual([5, 6]);
  });

  it('skips chunks that it does not need, including those of odd size', () => {
    const before = [chunk('LIST', new Uint8Array(7)), chunk('cue ', Uint8Array.of(255, 255, 255, 255))];
    expect([...readWav(wavOf(bytesOf(Int16Array.of(7)), { before })).samples]).toEqual([7]);
  });

  it('drops an incomplete sample at the end', () => {
    expect([...readWav(wavOf(Uint8Array.of(1, 0, 2))).samples]).toEqual([1]);
  });

  it('reads to the end if a program that wrote to a pipe left the sizes open', () => {
    const data = bytesOf(Int16Array.of(1, 2, 3));
    for (const sizes of [
      { dataSize: 0xffff_ffff },
      { dataSize: 0x7fff_ffdb },
      { dataSize: 0, riffSize: 0xffff_ffff },
    ]) {
      expect([...readWav(wavOf(data, sizes)).samples]).toEqual([1, 2, 3]);
    }
  });

  it('reads from the middle of a larger buffer', () => {
    const file = wavOf(bytesOf(Int16Array.of(9, 8)));
    const padded = new Uint8Array(file.length + 13);
    padded.set(file, 7);
    expect([...readWav(padded.subarray(7, 7 + file.length)).samples]).toEqual([9, 8]);
  });
});

describe('a WAV file that cannot be read', () => {
  const some = bytesOf(Int16Array.of(1, 2, 3, 4));

  it.each<[string, Uint8Array, RegExp]>([
    ['is empty', new Uint8Array(0), /empty/],
    ['is text', new TextEncoder().encode('hello, this is not audio'), /Not a WAV file.*Convert it/],
    ['is Ogg', new TextEncoder().encode('OggS\0\0\0\0\0\0\0\0'), /This is an Ogg file/],
    ['is MP3', Uint8Array.of(0xff, 0xfb, 0x90, 0x64), /This is an MP3 file/],
    ['is MP4', new TextEncoder().encode('\0\0\0\x20ftypM4A '), /This is an MP4 file/],
    ['stops after its signature', wavOf(some).subarray(0, 12), /no "fmt " chunk/],
    ['stops in its format', wavOf(some).subarray(0, 26), /"fmt " chunk has 6 bytes/],
    ['stops before its audio', wavOf(some).subarray(0, 36), /no "data" chunk/],
    ['is cut off', wavOf(some).subarray(0, 47), /says 8 bytes of audio, but the file has 3/],
    ['has no samples', wavOf(new Uint8Array(0)), /holds no samples/],
    ['has less than one sample', wavOf(Uint8Array.of(1)), /holds no samples/],
    [
      'is IMA ADPCM',
      wavOf(some, { format: 0x11, bits: 4, blockAlign: 1 }),
      /format 0x0011 \(IMA ADPCM\).*Convert/,
    ],
    ['has an unknown codec', wavOf(some, { format: 0x1234 }), /format 0x1234, is not supported/],
    ['has an extension of its own', wavOf(some, { subFormat: 1, subFormatTail: [1, 2, 3] }), /format 0xfffe/],
    [
      'has 12-bit samples',
      wavOf(some, { bits: 12, blockAlign: 2 }),
      /12-bit pcm samples; supported are 8, 16, 24, 32/,
    ],
    ['has 16-bit float', wavOf(some, { format: 3 }), /16-bit float/],
    ['has no channels', wavOf(some, { channels: 0, blockAlign: 2 }), /0 channels of 16 bits/],
    ['has thousands of channels', wavOf(some, { channels: 30_000, blockAlign: 60_000 }), /30000 channels/],
    ['contradicts itself', wavOf(some, { channels: 2, blockAlign: 2 }), /cannot make blocks of 2 bytes/],
    ['has no sample rate', wavOf(some, { rate: 0 }), /sample rate of 0 Hz/],
    ['has an absurd sample rate', wavOf(some, { rate: 4_000_000_000 }), /sample rate of 4000000000 Hz/],
  ])('%s, and the error says so', (_, bytes, message) => {
    const error = errorOf(() => readWav(bytes));
    expect(error).toBeInstanceOf(AudioFileError);
    expect(error.message).toMatch(message);
  });
});

describe('hostile WAV files', () => {
  function readsOrRefuses(bytes: Uint8Array): void {
    try {
      const { samples, sampleRateHz } = readWav(bytes);
      expect(samples.length).toBeGreaterThan(0);
      expect(samples.length).toBeLessThanOrEqual(bytes.length);
      expect(sampleRateHz).toBeGreaterThanOrEqual(1000);
    } catch (error) {
      expect(error).toBeInstanceOf(AudioFileError);
    }
  }

  it('are read or rejected if they are random bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), readsOrRefuses));
    const headed = fc
      .uint8Array({ maxLength: 300 })
      .map((bytes) => Uint8Array.from([...wavOf(bytes).subarray(0, 12), ...bytes]));
    fc.assert(fc.property(headed, readsOrRefuses));
  });

  it('are read or rejected in bounded time if bits of a valid header are flipped', () => {
    const valid = [
      wavOf(new Uint8Array(64), { channels: 2 }),
      wavOf(new Uint8Array(64), { subFormat: 3, bits: 32 }),
      wavOf(new Uint8Array(63), {
        format: 7,
        bits: 8,
        before: [chunk('LIST', new Uint8Array(20)), chunk('cue ', new Uint8Array(28))],
      }),
    ];
    const flips = fc.array(fc.nat({ max: 100 * 8 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(fc.constantFrom(...valid), flips, (file, bits) => {
        const damaged = file.slice();
        for (const bit of bits) damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        readsOrRefuses(damaged);
      }),
      { numRuns: 5000 },
    );
  });
});

describe('writing a WAV file', () => {
  it('writes files that read back the same, mono and stereo', () => {
    fc.assert(
      fc.property(
        fc.int16Array({ minLength: 1, maxLength: 100 }),
        fc.int16Array({ minLength: 1, maxLength: 100 }),
        (left, right) => {
          expect(readWav(writeWav({ channels: [left], sampleRateHz: 8000 }))).toEqual({
            samples: left,
            sampleRateHz: 8000,
            channels: 1,
          });
          const stereo = writeWav({ channels: [left, right], sampleRateHz: 24000 });
          expect(stereo).toHaveLength(44 + 4 * Math.max(left.length, right.length));
          const first = readWav(stereo, { channel: 'left' }).samples;
          const second = readWav(stereo, { channel: 'right' }).samples;
          expect(first.subarray(0, left.length)).toEqual(left);
          expect(second.subarray(0, right.length)).toEqual(right);
          expect(
            [...first.subarray(left.length), ...second.subarray(right.length)].every(
              (sample) => sample === 0,
            ),
          ).toBe(true);
        },
      ),
    );
  });

  it('writes a plain 16-bit PCM header', () => {
    const bytes = writeWav({ channels: [Int16Array.of(0x1234)], sampleRateHz: 8000 });
    expect(Buffer.from(bytes).toString('hex')).toBe(
      '52494646' +
        '26000000' +
        '57415645' +
        '666d7420' +
        '10000000' +
        '0100' +
        '0100' +
        '401f0000' +
        '803e0000' +
        '0200' +
        '1000' +
        '64617461' +
        '02000000' +
        '3412',
    );
  });
});
