import { BackgroundFile, type BackgroundFileOptions } from './background-file.js';
import { SampleQueue } from './sample-queue.js';

const headerBytes = 44;
const frameBytes = 4;
/** The size in the header while the file is being written; readers then read to the end of the file. */
const unknownSize = 0xffff_ffff;

/**
 * A stereo WAV file that grows during the call: 16-bit PCM, with the sizes filled in on close. It can be read after a crash
 * too, because until then its header gives the size as unknown.
 */
export class StereoFile {
  readonly #file: BackgroundFile;
  readonly #sampleRateHz: number;
  readonly #left = new SampleQueue();
  readonly #right = new SampleQueue();
  #frames = 0;

  /** Opens the file once `folder` has resolved. */
  constructor(path: string, folder: Promise<unknown>, sampleRateHz: number, options: BackgroundFileOptions) {
    this.#sampleRateHz = sampleRateHz;
    this.#file = new BackgroundFile(path, folder, options);
    this.#file.append(wavHeader(sampleRateHz, null));
  }

  /** Adds to both channels; the samples that one has more of wait for the other. */
  write(left: Int16Array, right: Int16Array): void {
    this.#left.push(left);
    this.#right.push(right);
    this.#interleave(Math.min(this.#left.length, this.#right.length));
  }

  /** Pads the shorter channel with silence. Resolves when the file is complete, or writing it failed. */
  close(): Promise<void> {
    this.#interleave(Math.max(this.#left.length, this.#right.length));
    return this.#file.close(wavHeader(this.#sampleRateHz, this.#frames * frameBytes));
  }

  #interleave(frames: number): void {
    if (frames === 0) return;
    const samples = new Int16Array(2 * frames);
    this.#left.takeInto(samples, frames, 0, 2);
    this.#right.takeInto(samples, frames, 1, 2);
    this.#frames += frames;
    this.#file.append(new Uint8Array(samples.buffer));
  }
}

/** The smallest header of a stereo file; `dataBytes` is null while it is unknown. */
function wavHeader(sampleRateHz: number, dataBytes: number | null): Uint8Array {
  const header = Buffer.alloc(headerBytes);
  const isKnown = dataBytes !== null && dataBytes + headerBytes < unknownSize;
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(isKnown ? dataBytes + headerBytes - 8 : unknownSize, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(2, 22);
  header.writeUInt32LE(sampleRateHz, 24);
  header.writeUInt32LE(sampleRateHz * frameBytes, 28);
  header.writeUInt16LE(frameBytes, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(isKnown ? dataBytes : unknownSize, 40);
  return header;
}
