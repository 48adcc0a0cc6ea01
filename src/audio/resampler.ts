/**
 * Streaming sample rate conversion on libsamplerate (https://libsndfile.github.io/libsamplerate/, compiled to WASM).
 * Its medium sinc converter keeps the telephone band whole (-0.3 dB at 3.5 kHz towards 8 kHz) and folds nothing back:
 * what lies beyond the new Nyquist rate is at least 110 dB down. The output is aligned with the input and does not
 * depend on how the input was cut into frames; it lags behind by the converter's look-ahead, 46 samples at the lower
 * of the two rates (6 ms at 8 kHz).
 */
import { createRequire } from 'node:module';
import type { ConverterType, create } from '@alexanderolsen/libsamplerate-js';
import { InvalidStateError } from '../errors.js';

type Converter = Awaited<ReturnType<typeof create>>;
type ConverterQuality = (typeof ConverterType)[keyof typeof ConverterType];

/** What {@link createResampler} converts between, in samples per second. */
export interface ResamplerOptions {
  readonly fromHz: number;
  readonly toHz: number;
}

/** Converts one stream of mono audio. Made by {@link createResampler}; whoever made it closes it. */
export interface Resampler {
  /**
   * Takes the next samples, any number of them, and gives the converted ones that are ready (fewer at first, while the
   * look-ahead fills). Peaks that rise above full scale between the input's samples are clamped, never wrapped.
   */
  push(samples: Int16Array): Int16Array;
  /**
   * Ends the stream: gives the rest, so that all output together is the input's length times `toHz / fromHz`, rounded.
   * The next `push` begins a new stream.
   */
  flush(): Int16Array;
  /** Gives the converter back. Idempotent; the resampler must not be used afterwards. */
  close(): void;
}

const mediumSinc: ConverterQuality = 1;
/** Input samples per call into WASM: far below the library's buffer, beyond which it cuts its input up wrongly. */
const blockSamples = 1024;
/**
 * Converters are kept for the next stream: each is a WASM instance of its own (3 MB resident) that takes up to 80 ms to
 * compile and that the garbage collector is slow to find.
 */
const maxIdleConverters = 32;
const idleConverters: Converter[] = [];

/**
 * Makes a resampler between any two rates from 1 to 192000 Hz that differ by a factor of at most 256; equal rates pass
 * through. Throws a RangeError for other rates. Loads the library on first use.
 */
export async function createResampler({ fromHz, toHz }: ResamplerOptions): Promise<Resampler> {
  for (const rateHz of [fromHz, toHz]) {
    if (!Number.isInteger(rateHz) || rateHz < 1 || rateHz > 192_000)
      throw new RangeError(`${rateHz} Hz is no sample rate: use a whole number from 1 to 192000.`);
  }
  if (Math.max(fromHz / toHz, toHz / fromHz) > 256)
    throw new RangeError(`${fromHz} Hz and ${toHz} Hz are too far apart: a factor of 256 is the most.`);
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

/** An `import()` would first search its two megabytes for the names of exports, which takes 40 ms. */
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
      for (let i = 0; i < block.length; i++) this.#input[i] = (block[i] ?? 0) / 32768;
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
    // Setting the kind of converter, even to what it is, makes the library start afresh.
    this.#open().converterType = mediumSinc;
    return rest;
  }

  close(): void {
    if (!this.#converter) return;
    if (idleConverters.length < maxIdleConverters) idleConverters.push(this.#converter);
    else this.#converter.destroy();
    this.#converter = null;
  }

  /** Converts the first `length` samples of the input block and writes what fits to `into`, from `at` on. */
  #convert(length: number, into: Int16Array, at: number): number {
    this.#open().full(this.#input.subarray(0, length), this.#output, this.#written);
    const count = Math.min(this.#written.frames, into.length - at);
    for (let i = 0; i < count; i++)
      into[at + i] = Math.max(-32768, Math.min(32767, Math.round((this.#output[i] ?? 0) * 32768)));
    return count;
  }

  #open(): Converter {
    if (!this.#converter) throw new InvalidStateError('The resampler is closed.');
    return this.#converter;
  }
}
