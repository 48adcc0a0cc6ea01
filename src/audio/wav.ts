/** WAV files in and out. `wavefile` packs and unpacks the samples. */
import wavefile from 'wavefile';
import { decodeAlaw, decodeMulaw } from './g711.js';
import { parseWavHeader, type WavHeader } from './wav-header.js';

/**
 * Which channels to read: the average of all, the first (left) or the second (right). A mono file always gives its only
 * one.
 */
export type ChannelChoice = 'mix' | 'left' | 'right';

/** Audio read from a file, as one channel. */
export interface DecodedAudio {
  readonly samples: Int16Array;
  readonly sampleRateHz: number;
  /** How many channels the file had. */
  readonly channels: number;
}

/**
 * Reads a WAV file: PCM of 8, 16, 24 and 32 bits, float of 32 and 64 bits (1.0 is full scale, more is clamped), mu-law
 * and A-law, at any rate, plain or WAVE_FORMAT_EXTENSIBLE. Throws an AudioFileError that says what is wrong and what to
 * do, also for truncated and hostile files.
 */
export function readWav(
  bytes: Uint8Array,
  { channel = 'mix' }: { readonly channel?: ChannelChoice } = {},
): DecodedAudio {
  const header = parseWavHeader(bytes);
  const { channels, sampleRateHz } = header;
  const { values, offset, scale } = unpack(header);
  if (channels === 1 && offset === 0 && scale === 1 && values instanceof Int16Array)
    return { samples: values, sampleRateHz, channels };
  const first = channel === 'right' && channels > 1 ? 1 : 0;
  const taken = channel === 'mix' ? channels : 1;

  const samples = new Int16Array(values.length / channels);
  for (let i = 0; i < samples.length; i++) {
    let sum = 0;
    for (let c = 0; c < taken; c++) sum += (values[i * channels + first + c] ?? 0) - offset;
    samples[i] = Math.max(-32768, Math.min(32767, Math.round((sum * scale) / taken)));
  }
  return { samples, sampleRateHz, channels };
}

interface Unpacked {
  /** Interleaved samples as the file has them. */
  readonly values: Int16Array | Uint8Array | Int32Array | Float32Array | Float64Array;
  /** The value of silence. */
  readonly offset: number;
  /** Factor from a value to 16 bits. */
  readonly scale: number;
}

function unpack(header: WavHeader): Unpacked {
  if (header.encoding === 'mulaw') return { values: decodeMulaw(header.data), offset: 0, scale: 1 };
  if (header.encoding === 'alaw') return { values: decodeAlaw(header.data), offset: 0, scale: 1 };
  // Most recordings: their bytes are the samples.
  if (header.encoding === 'pcm' && header.bitsPerSample === 16)
    return { values: new Int16Array(new Uint8Array(header.data).buffer), offset: 0, scale: 1 };
  // Give `wavefile` a plain header: with the file's own, it reads extensible float as integers, accepts truncated data,
  // and reads as many cue points as a damaged file claims.
  const file = new wavefile.WaveFile(plainWav(header));
  if (header.encoding === 'float') {
    const Samples = header.bitsPerSample === 32 ? Float32Array : Float64Array;
    return { values: file.getSamples(true, Samples), offset: 0, scale: 32768 };
  }
  if (header.bitsPerSample === 8)
    return { values: file.getSamples(true, Uint8Array), offset: 128, scale: 256 };
  return { values: file.getSamples(true, Int32Array), offset: 0, scale: 2 ** (16 - header.bitsPerSample) };
}

/** The same samples after a minimal header. */
function plainWav({ encoding, bitsPerSample, channels, sampleRateHz, data }: WavHeader): Uint8Array {
  const bytes = new Uint8Array(44 + data.length);
  const view = new DataView(bytes.buffer);
  const blockAlign = (channels * bitsPerSample) / 8;
  const ascii = new TextEncoder();
  bytes.set(ascii.encode('RIFF'), 0);
  view.setUint32(4, 36 + data.length, true);
  bytes.set(ascii.encode('WAVEfmt '), 8);
  view.setUint32(16, 16, true);
  view.setUint16(20, encoding === 'float' ? 3 : 1, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, sampleRateHz, true);
  view.setUint32(28, sampleRateHz * blockAlign, true);
  view.setUint16(32, blockAlign, true);
  view.setUint16(34, bitsPerSample, true);
  bytes.set(ascii.encode('data'), 36);
  view.setUint32(40, data.length, true);
  bytes.set(data, 44);
  return bytes;
}

/** Samples for {@link writeWav}. */
export interface WavContent {
  /** One array for mono, two (left, right) for stereo; the shorter is padded with silence. */
  readonly channels: readonly [Int16Array] | readonly [Int16Array, Int16Array];
  readonly sampleRateHz: number;
}

/** Writes a 16-bit PCM WAV file, mono or stereo. */
export function writeWav({ channels, sampleRateHz }: WavContent): Uint8Array {
  const frames = Math.max(...channels.map((channel) => channel.length));
  const interleaved = new Int16Array(frames * channels.length);
  channels.forEach((channel, c) => {
    for (let i = 0; i < channel.length; i++) interleaved[i * channels.length + c] = channel[i] ?? 0;
  });
  const file = new wavefile.WaveFile();
  file.fromScratch(channels.length, sampleRateHz, '16', interleaved);
  return file.toBuffer();
}
