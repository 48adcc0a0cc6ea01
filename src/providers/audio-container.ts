import type { AudioFormat } from '../audio/audio-frame.js';
import { mpegFrameLength } from './mpeg-frame.js';

/** First bytes of other audio formats and of text; too long to occur by chance in mu-law or PCM. */
const foreignStarts: readonly (readonly number[])[] = [
  // Ogg's first page: https://www.rfc-editor.org/rfc/rfc3533#section-6
  [...ascii('OggS'), 0, 2],
  // FLAC's first block: https://www.rfc-editor.org/rfc/rfc9639#section-8
  [...ascii('fLaC'), 0, 0, 0, 34],
  [...ascii('fLaC'), 0x80, 0, 0, 34],
  // Matroska and WebM: https://www.rfc-editor.org/rfc/rfc8794#section-11.2.1
  [0x1a, 0x45, 0xdf, 0xa3],
  // Error bodies of a proxy or the server.
  ascii('{"detail"'),
  ascii('{"error"'),
  ascii('<!DOCTYPE'),
  ascii('<!doctype'),
];
const riff = ascii('RIFF');
const wave = ascii('WAVE');
const id3 = ascii('ID3');
const id3Length = 10;
/** This many MPEG headers, each at the position that the previous one gives, cannot occur by chance. */
const certainFrames = 3;
/** A WAV header is 44 bytes long, or a few hundred with extra chunks. */
const longestHeader = 4096;

/** The verdict on the bytes so far: audio from `start` on, a format that cannot be played, or more bytes are needed. */
type Verdict = { readonly start: number } | 'foreign' | 'undecided';

/**
 * Checks that audio is raw mu-law or PCM. Removes a WAV header before audio of the right format. Detects other
 * containers and codecs by their first bytes, before they would be heard as noise. Holds bytes that may be the
 * beginning of a header until that is decided.
 */
export class AudioContainer {
  readonly #format: AudioFormat;
  #held: Uint8Array = new Uint8Array(0);
  /** Whether no audio has been given yet: other formats show at the beginning only. */
  #isFirst = true;

  constructor(format: AudioFormat) {
    this.#format = format;
  }

  /** The audio of the next piece; empty while undecided, null if it cannot be played. */
  unpack(piece: Uint8Array): Uint8Array | null {
    const bytes = this.#held.length === 0 ? piece : Buffer.concat([this.#held, piece]);
    const verdict = this.#judge(bytes);
    if (verdict === 'foreign') return null;
    this.#held = verdict === 'undecided' ? Uint8Array.from(bytes) : new Uint8Array(0);
    if (verdict === 'undecided') return this.#held.subarray(0, 0);
    if (bytes.length > 0) this.#isFirst = false;
    return bytes.subarray(verdict.start);
  }

  #judge(bytes: Uint8Array): Verdict {
    // Each chunk of text may come as its own WAV file.
    if (begins(bytes, riff)) return this.#judgeRiff(bytes);
    if (!this.#isFirst) return { start: 0 };
    if (foreignStarts.some((start) => begins(bytes, start))) return 'foreign';
    if (begins(bytes, id3)) return judgeId3(bytes);
    // A short first piece may be the beginning of any of these.
    const starts = [...foreignStarts, riff, id3];
    if (bytes.length > 0 && starts.some((start) => begins(start, bytes))) return 'undecided';
    return judgeMpeg(bytes);
  }

  /** http://soundfile.sapp.org/doc/WaveFormat/ */
  #judgeRiff(bytes: Uint8Array): Verdict {
    if (bytes.length < 12) return 'undecided';
    if (!begins(bytes.subarray(8), wave)) return { start: 0 };
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let isRight = false;
    for (let at = 12; at + 8 <= Math.min(bytes.length, longestHeader);) {
      const length = view.getUint32(at + 4, true);
      const body = at + 8;
      if (begins(bytes.subarray(at), ascii('data'))) return isRight ? { start: body } : 'foreign';
      if (begins(bytes.subarray(at), ascii('fmt '))) {
        if (body + 16 > bytes.length) return 'undecided';
        isRight = this.#isAsked(view, body, length);
      }
      // Chunks are padded to an even length.
      at = body + length + (length % 2);
    }
    return bytes.length < longestHeader ? 'undecided' : 'foreign';
  }

  #isAsked(view: DataView, at: number, length: number): boolean {
    const { encoding, sampleRateHz } = this.#format;
    const tag = view.getUint16(at, true);
    // In the extensible format the tag is the beginning of a GUID.
    const isExtensible = tag === 0xfffe && length >= 26 && at + 26 <= view.byteLength;
    const own = isExtensible ? view.getUint16(at + 24, true) : tag;
    return (
      own === (encoding === 'mulaw' ? 7 : 1) &&
      view.getUint16(at + 2, true) === 1 &&
      view.getUint32(at + 4, true) === sampleRateHz &&
      view.getUint16(at + 14, true) === (encoding === 'mulaw' ? 8 : 16)
    );
  }
}

/** https://id3.org/id3v2.4.0-structure, section 3.1 */
function judgeId3(bytes: Uint8Array): Verdict {
  if (bytes.length < id3Length) return 'undecided';
  const [major = 0, revision = 0, flags = 0, ...size] = bytes.subarray(3, id3Length);
  const isTag = major >= 2 && major <= 4 && revision !== 0xff && (flags & 0x0f) === 0;
  return isTag && size.every((byte) => byte < 0x80) ? 'foreign' : { start: 0 };
}

function judgeMpeg(bytes: Uint8Array): Verdict {
  let at = 0;
  for (let frames = 0; frames < certainFrames; frames++) {
    const length = mpegFrameLength(bytes, at);
    if (length === null) return { start: 0 };
    if (length === 'undecided') return 'undecided';
    at += length;
  }
  return 'foreign';
}

function begins(bytes: ArrayLike<number>, start: ArrayLike<number>): boolean {
  if (bytes.length < start.length) return false;
  for (let index = 0; index < start.length; index++) if (bytes[index] !== start[index]) return false;
  return true;
}

function ascii(text: string): readonly number[] {
  return Array.from(text, (letter) => letter.charCodeAt(0));
}
