/**
 * Reads a WAV file's header: the format of its samples and where they lie. Checks every number before decoding, so that
 * damaged and hostile files end in an {@link AudioFileError} and cost no time or memory.
 *
 *     "RIFF" size "WAVE"   { chunk id  size  bytes…  (a pad byte if the size is odd) }…
 *     "fmt "  0 format  2 channels  4 rate  8 bytes/s  12 block align  14 bits  [18 valid bits  20 mask  24 sub-format]
 *
 * Source: Microsoft, "Multiple channel audio data and WAVE files"; format numbers as in RFC 2361.
 */
import { AudioFileError } from '../core/errors.js';

/** Encoding of the samples: 8-bit PCM is unsigned, all else is signed and little-endian. */
export type WavEncoding = 'pcm' | 'float' | 'alaw' | 'mulaw';

/** Format and samples of a WAV file. */
export interface WavHeader {
  readonly encoding: WavEncoding;
  readonly bitsPerSample: number;
  readonly channels: number;
  readonly sampleRateHz: number;
  /** The interleaved samples, whole frames only, sharing memory with the file. */
  readonly data: Uint8Array;
}

const encodings: ReadonlyMap<number, { readonly encoding: WavEncoding; readonly bits: readonly number[] }> =
  new Map([
    [0x0001, { encoding: 'pcm', bits: [8, 16, 24, 32] }],
    [0x0003, { encoding: 'float', bits: [32, 64] }],
    [0x0006, { encoding: 'alaw', bits: [8] }],
    [0x0007, { encoding: 'mulaw', bits: [8] }],
  ]);
/** "fmt " and "data": compared as numbers for speed, as a hostile file may consist of tiny chunks. */
const formatId = 0x666d_7420;
const dataId = 0x6461_7461;
const extensible = 0xfffe;
/** The last 14 bytes of every sub-format that stands for a plain format number (KSDATAFORMAT_SUBTYPE_WAVEFORMATEX). */
const subFormatTail = '\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71';

const formatNames: Readonly<Record<number, string>> = {
  0x0002: 'Microsoft ADPCM',
  0x0011: 'IMA ADPCM',
  0x0031: 'GSM 6.10',
  0x0050: 'MPEG',
  0x0055: 'MP3',
  0x00ff: 'AAC',
};
const otherContainers: readonly (readonly [start: string, at: number, name: string])[] = [
  ['OggS', 0, 'an Ogg file'],
  ['fLaC', 0, 'a FLAC file'],
  ['ID3', 0, 'an MP3 file'],
  ['\xff\xfb', 0, 'an MP3 file'],
  ['FORM', 0, 'an AIFF file'],
  ['.snd', 0, 'an AU file'],
  ['RIFX', 0, 'a big-endian WAV file'],
  ['RF64', 0, 'a WAV file of the 64-bit kind'],
  ['ftyp', 4, 'an MP4 file'],
  ['\x1a\x45\xdf\xa3', 0, 'a WebM file'],
];
const convert = 'Convert it to a 16-bit PCM WAV file.';

/** Finds the samples in a WAV file. Throws an {@link AudioFileError} that says what is wrong. */
export function parseWavHeader(bytes: Uint8Array): WavHeader {
  requireWav(bytes);
  const { format, data } = findChunks(bytes);
  if (!format)
    throw new AudioFileError(`The WAV file has no "fmt " chunk, so its samples cannot be read. ${convert}`);
  const { blockAlign, ...header } = readFormat(format);
  if (!data)
    throw new AudioFileError(
      'The WAV file has no "data" chunk: it holds no audio. Record or export it again.',
    );
  const wholeFrames = data.length - (data.length % blockAlign);
  if (wholeFrames === 0)
    throw new AudioFileError('The WAV file holds no samples. Record or export it again.');
  return { ...header, data: data.subarray(0, wholeFrames) };
}

function requireWav(bytes: Uint8Array): void {
  if (bytes.length === 0) throw new AudioFileError('The file is empty. Record or export it again.');
  if (text(bytes, 0, 4) === 'RIFF' && text(bytes, 8, 4) === 'WAVE') return;
  const [, , found] = otherContainers.find(([start, at]) => text(bytes, at, start.length) === start) ?? [];
  const what =
    found === undefined
      ? 'Not a WAV file (it has no RIFF/WAVE header).'
      : `This is ${found}, not a WAV file.`;
  throw new AudioFileError(`${what} ${convert}`);
}

/** Walks the chunks; ends, since each step advances by at least eight bytes. */
function findChunks(bytes: Uint8Array): { format?: Uint8Array; data?: Uint8Array } {
  const view = viewOf(bytes);
  const found: { format?: Uint8Array; data?: Uint8Array } = {};
  for (let at = 12; at + 8 <= bytes.length && !(found.format && found.data);) {
    const id = view.getUint32(at);
    const size = view.getUint32(at + 4, true);
    const body = bytes.subarray(at + 8, at + 8 + size);
    if (id === formatId) found.format ??= body;
    if (id === dataId) found.data ??= wholeData(body, size, view.getUint32(4, true), bytes.subarray(at + 8));
    at += 8 + size + (size % 2);
  }
  return found;
}

/** The audio. If the sizes were left open, as programs that write to a pipe do, it reaches to the end of the file. */
function wholeData(body: Uint8Array, size: number, riffSize: number, rest: Uint8Array): Uint8Array {
  const sizeUnknown = size >= 0x7fff_0000 || (size === 0 && (riffSize === 0 || riffSize === 0xffff_ffff));
  if (sizeUnknown) return rest;
  if (body.length < size) {
    throw new AudioFileError(
      `The WAV file is cut off: its header says ${size} bytes of audio, but the file has ${body.length}. ` +
        'Copy or export it again.',
    );
  }
  return body;
}

function readFormat(chunk: Uint8Array): Omit<WavHeader, 'data'> & { readonly blockAlign: number } {
  if (chunk.length < 16)
    throw new AudioFileError(
      `The WAV file's "fmt " chunk has ${chunk.length} bytes instead of 16. ${convert}`,
    );
  const view = viewOf(chunk);
  const channels = view.getUint16(2, true);
  const sampleRateHz = view.getUint32(4, true);
  const blockAlign = view.getUint16(12, true);
  const bitsPerSample = view.getUint16(14, true);

  const formatNumber = readFormatNumber(chunk, view);
  const known = encodings.get(formatNumber);
  if (!known) {
    const name = formatNames[formatNumber];
    throw new AudioFileError(
      `The WAV file's codec, format ${hex(formatNumber)}${name ? ` (${name})` : ''}, is not supported. ${convert}`,
    );
  }
  if (!known.bits.includes(bitsPerSample)) {
    throw new AudioFileError(
      `The WAV file has ${bitsPerSample}-bit ${known.encoding} samples; supported are ${known.bits.join(', ')} bits. ${convert}`,
    );
  }
  if (sampleRateHz < 1000 || sampleRateHz > 192_000) {
    throw new AudioFileError(
      `The WAV file has a sample rate of ${sampleRateHz} Hz; supported are 1000 to 192000. ${convert}`,
    );
  }
  if (channels < 1 || channels > 64 || blockAlign !== (channels * bitsPerSample) / 8) {
    throw new AudioFileError(
      `The WAV file's header contradicts itself: ${channels} channels of ${bitsPerSample} bits cannot make blocks of ` +
        `${blockAlign} bytes. ${convert}`,
    );
  }
  return { encoding: known.encoding, bitsPerSample, channels, sampleRateHz, blockAlign };
}

function readFormatNumber(chunk: Uint8Array, view: DataView): number {
  const formatNumber = view.getUint16(0, true);
  if (formatNumber !== extensible || chunk.length < 40 || text(chunk, 26, 14) !== subFormatTail)
    return formatNumber;
  return view.getUint16(24, true);
}

function hex(formatNumber: number): string {
  return `0x${formatNumber.toString(16).padStart(4, '0')}`;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The bytes as Latin-1 text, shorter if the array ends first. */
function text(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}
