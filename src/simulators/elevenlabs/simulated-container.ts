import type { AudioPiece } from '../simulated-voice.js';

/** Unrequested containers: a WAV header before correct audio, or another codec's bytes. */
export type AudioContainer = 'wav' | 'mp3' | 'mp3_without_tag' | 'ogg' | 'flac';

interface Format {
  readonly encoding: 'mulaw' | 'linear16';
  readonly sampleRateHz: number;
}

/** A sentence's pieces in this container. Only WAV contains the sentence's audio. */
export function packed(
  pieces: readonly AudioPiece[],
  format: Format,
  container: AudioContainer,
): AudioPiece[] {
  return pieces.map((piece, index) => ({
    ...piece,
    audio: packedPiece(piece.audio, format, container, index),
  }));
}

function packedPiece(audio: Buffer, format: Format, container: AudioContainer, index: number): Buffer {
  switch (container) {
    case 'wav':
      return index === 0 ? Buffer.concat([wavHeader(format), audio]) : audio;
    case 'mp3':
      return index === 0 ? Buffer.concat([id3Tag, mp3Frames]) : mp3Frames;
    case 'mp3_without_tag':
      return mp3Frames;
    case 'ogg':
      return Buffer.concat([Buffer.from('OggS\0\u0002\0\0\0\0\0\0\0\0', 'latin1'), filler(400)]);
    case 'flac':
      return Buffer.concat([Buffer.from('fLaC\0\0\0\u0022', 'latin1'), filler(400)]);
  }
}

/** http://soundfile.sapp.org/doc/WaveFormat/; a stream's length is unknown. */
function wavHeader({ encoding, sampleRateHz }: Format): Buffer {
  const bytes = encoding === 'mulaw' ? 1 : 2;
  const header = Buffer.alloc(44);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(0xffffffff, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(encoding === 'mulaw' ? 7 : 1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(sampleRateHz, 24);
  header.writeUInt32LE(sampleRateHz * bytes, 28);
  header.writeUInt16LE(bytes, 32);
  header.writeUInt16LE(bytes * 8, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(0xffffffff, 40);
  return header;
}

/** https://id3.org/id3v2.4.0-structure: an empty tag of 35 bytes. */
const id3Tag = Buffer.concat([Buffer.from('ID3\u0004\0\0\0\0\0\u0023', 'latin1'), Buffer.alloc(35)]);

/** Layer III at 128 kbit/s and 44.1 kHz, like `mp3_44100_128`: frames of 417 bytes, of which only the header is valid. */
const mp3Frames = Buffer.concat(
  Array.from({ length: 9 }, () => Buffer.concat([Buffer.from([0xff, 0xfb, 0x90, 0x64]), filler(413)])),
);

function filler(length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, index) => (index * 73 + 41) % 251));
}
