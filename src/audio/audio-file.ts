/** Reads a caller's recording from any supported file format. */
import { AudioFileError } from '../core/errors.js';
import { decodeMulaw } from './g711.js';
import { type ChannelChoice, type DecodedAudio, readWav } from './wav.js';

/** Extensions of headerless mu-law at 8 kHz, as phone networks record it. */
const rawMulawExtensions = ['.ulaw', '.mulaw', '.ul', '.raw'];

/**
 * Decodes a file's bytes to mono samples: raw mu-law at 8 kHz if the name ends in .ulaw, .mulaw, .ul or .raw (and the
 * bytes have no WAV header), else WAV. In stereo recordings of this package the caller is on the left. Throws an
 * AudioFileError whose message begins with the name.
 */
export function decodeAudioFile(
  name: string,
  bytes: Uint8Array,
  options: { readonly channel?: ChannelChoice } = {},
): DecodedAudio {
  try {
    if (!isRawMulaw(name, bytes)) return readWav(bytes, options);
    if (bytes.length === 0) throw new AudioFileError('The file is empty. Record or export it again.');
    return { samples: decodeMulaw(bytes), sampleRateHz: 8000, channels: 1 };
  } catch (error) {
    if (!(error instanceof AudioFileError)) throw error;
    throw new AudioFileError(`${name}: ${error.message}`, { cause: error });
  }
}

function isRawMulaw(name: string, bytes: Uint8Array): boolean {
  const lowerCase = name.toLowerCase();
  if (!rawMulawExtensions.some((extension) => lowerCase.endsWith(extension))) return false;
  return String.fromCharCode(...bytes.subarray(0, 4)) !== 'RIFF';
}
