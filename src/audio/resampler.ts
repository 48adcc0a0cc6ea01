/**
 * Streaming sample rate conversion on libsamplerate (https://libsndfile.github.io/libsamplerate/, compiled to WASM).
 * Its medium sinc converter keeps the telephone band (-0.3 dB at 3.5 kHz towards 8 kHz) and does not alias: frequencies
 * beyond the new Nyquist rate are at least 110 dB down. The output is aligned with the input and does not depend on how
 * the input is cut into frames. It lags by the converter's look-ahead, 46 samples at the lower rate (6 ms at 8 kHz).
 */
import { createRequire } from 'node:module';
import type { ConverterType, create } from '@alexanderolsen/libsamplerate-js';
import { InvalidStateError } from '../core/errors.js';

type Converter = Awaited<ReturnType<typeof create>>;
type ConverterQuality = (typeof ConverterType)[keyof typeof ConverterType];

/** The two rates of {@link createResampler}, in samples per second. */
export interface ResamplerOptions {
  readonly fromHz: number;
  readonly toHz: number;
}

/** Converts one stream of mono audio. Made by {@link createResampler}; its caller closes it. */
export interface Resampler {
  /**
   * Takes any number of samples and returns the converted ones that are ready (fewer at first, while the look-ahead
   * fills). Peaks above full scale are clamped, never wrapped.
   */
  push(samples: Int16Array): Int16Array;
  /**
   * Ends the stream and returns the rest: the total output is the input's length times `toHz / fromHz`, rounded. The
   * next `push` starts a new stream.
   */
  flush(): Int16Array;
  /** Returns the converter to the pool. Idempotent; the resampler must not be used afterwards. */
  close(): void;
}

// Looked up once and not for every sample.
const { max, min, round } = Math;
const mediumSinc: ConverterQuality = 1;
/** Input samples per call into WASM: far below the library's buffer, beyond which it splits its input wrongly. */
const blockSamples = 1024;
/**
 * Converters are kept for later streams: each is its own WASM instance (3 MB resident), takes up to 80 ms to compile,
 * and is freed late by the garbage collector.
 */
const maxIdleConverters = 32;
const idleConverters: Converter[] = [];

/**
 * Creates a resampler between two rates from 1 to 192000 Hz that differ by a factor of at most 256; equal rates pass
 * through. Rejects with a RangeError for other rates. Loads the library on first use.
 */
export async function createResampler({ fromHz, toHz }: ResamplerOptions): Promise<Resampler> {
  for (const rateHz of [fromHz, toHz]) {
    if (!Number.isInteger(rateHz) || rateHz < 1 || rateHz > 192_000)
      throw new RangeError(`A sample rate must be a whole number from 1 to 192000 Hz, not ${rateHz} Hz.`);
  }
  if (Math.max(fromHz / toHz, toHz / fromHz) > 256)
    throw new RangeError(`${fromHz} Hz and ${toHz} Hz are too far apart: the limit is a factor of 256.`);
  if (fromHz === toHz) return passThrough;
  return new SincResampler(await takeConverter(fromHz, toHz));
}

async function takeConverter(fromHz: number, toHz: number): Promise<Converter> {
  const idle = idleConverters.pop();
  if (!idle) {
    const { create: createConverter } = loadLibrary();
    return createConverter(1, fromHz, toHz, { converterType: mediumSinc });
  }
  idle.inputSampleRate = fromHz;
  idle.outputSampleRate = toHz;
  idle.ratio = toHz / fromHz;
  return idle;
}

/** Uses `require`, as `import()` would first search two megabytes for names of exports, which takes 40 ms. */
function loadLibrary(): { readonly create: typeof create } {
  return createRequire(import.meta.url)('@alexanderolsen/libsamplerate-js') as {
    readonly create: typeof create;
  };
}

const passThrough: Resampler = {
  push: (samples) => samples,
  flush: () => new Int16Array(0),
  close: () => undefined,
};

class SincResampler implements Resampler {
  #converter: Converter | null;
  readonly #ratio: number;
  readonly #input = new Float32Array(blockSamples);
  readonly #output: Float32Array;
  readonly #written = { frames: 0 };
  #inputSamples = 0;
  #outputSamples = 0;

  constructor(converter: Converter) {
    this.#converter = converter;
    this.#ratio = converter.outputSampleRate / converter.inputSampleRate;
    this.#output = new Float32Array(Math.ceil(blockSamples * this.#ratio) + 1);
  }

  push(samples: Int16Array): Int16Array {
    const blocks = Math.ceil(samples.length / blockSamples);
    const converted = new Int16Array(Math.ceil(samples.length * this.#ratio) + blocks);
    let length = 0;
    for (let start = 0; start < samples.length; start += blockSamples) {
      const block = samples.subarray(start, start + blockSamples);
      const input = this.#input;
      for (let i = 0; i < block.length; i++) input[i] = (block[i] ?? 0) / 32768;
      length += this.#convert(block.length, converted, length);
    }
    this.#inputSamples += samples.length;
    this.#outputSamples += length;
    return converted.slice(0, length);
  }

  flush(): Int16Array {
    const rest = new Int16Array(
      Math.max(0, Math.round(this.#inputSamples * this.#ratio) - this.#outputSamples),
    );
    this.#input.fill(0);
    for (let length = 0; length < rest.length;) length += this.#convert(blockSamples, rest, length);
    this.#inputSamples = 0;
    this.#outputSamples = 0;
    // Setting the converter type, even to the same one, resets the library.
    this.#open().converterType = mediumSinc;
    return rest;
  }

  close(): void {
    if (!this.#converter) return;
    if (idleConverters.length < maxIdleConverters) idleConverters.push(this.#converter);
    else this.#converter.destroy();
    this.#converter = null;
  }

  /** Converts the first `length` samples of the input block and writes those that fit to `into` from `at`. */
  #convert(length: number, into: Int16Array, at: number): number {
    this.#open().full(this.#input.subarray(0, length), this.#output, this.#written);
    const count = Math.min(this.#written.frames, into.length - at);
    const output = this.#output;
    for (let i = 0; i < count; i++) into[at + i] = max(-32768, min(32767, round((output[i] ?? 0) * 32768)));
    return count;
  }

  #open(): Converter {
    if (!this.#converter) throw new InvalidStateError('The resampler is closed.');
    return this.#converter;
  }
}
