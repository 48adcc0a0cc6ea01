import type { AudioFormat, AudioFrame } from '../audio/audio-frame.js';
import { decodeMulaw } from '../audio/g711.js';
import { isAudible } from '../audio/level.js';

const windowMs = 5;
const audibleDbfs = -50;

/**
 * Makes frames from one answer's bytes as they arrive. Drops the silence before the first sound, which would only add
 * latency.
 */
export class AudioDecoder {
  readonly #format: AudioFormat;
  /** The first byte of a sample whose second byte is in the next piece. */
  #half: Uint8Array | null = null;
  #begun = false;
  #skippedSamples = 0;

  constructor(format: AudioFormat) {
    this.#format = format;
  }

  /** Samples of silence dropped before the first sound. */
  get skippedSamples(): number {
    return this.#skippedSamples;
  }

  /** Makes a frame from the next bytes, which it may share; null before the first sound. */
  decode(bytes: Uint8Array): AudioFrame | null {
    const frame = this.#format.encoding === 'mulaw' ? this.#mulaw(bytes) : this.#linear(bytes);
    if (this.#begun || !frame) return frame;
    const start = this.#firstSound(frame.samples);
    this.#skippedSamples += start;
    if (start === frame.samples.length) return null;
    this.#begun = true;
    return {
      ...frame,
      samples: frame.samples.subarray(start),
      ...(frame.encoded && {
        encoded: { encoding: 'mulaw', bytes: frame.encoded.bytes.subarray(start) },
      }),
    };
  }

  #mulaw(bytes: Uint8Array): AudioFrame | null {
    if (bytes.length === 0) return null;
    return {
      samples: decodeMulaw(bytes),
      sampleRateHz: this.#format.sampleRateHz,
      encoded: { encoding: 'mulaw', bytes },
    };
  }

  #linear(bytes: Uint8Array): AudioFrame | null {
    const whole = this.#half ? Buffer.concat([this.#half, bytes]) : bytes;
    const count = whole.length >> 1;
    this.#half = whole.length % 2 === 1 ? Uint8Array.from(whole.subarray(-1)) : null;
    if (count === 0) return null;
    const samples = new Int16Array(count);
    const view = new DataView(whole.buffer, whole.byteOffset, whole.byteLength);
    for (let i = 0; i < count; i++) samples[i] = view.getInt16(i * 2, true);
    return { samples, sampleRateHz: this.#format.sampleRateHz };
  }

  #firstSound(samples: Int16Array): number {
    const window = Math.round((this.#format.sampleRateHz * windowMs) / 1000);
    for (let start = 0; start < samples.length; start += window)
      if (isAudible(samples, audibleDbfs, start, Math.min(samples.length, start + window))) return start;
    return samples.length;
  }
}
