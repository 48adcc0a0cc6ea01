import { createResampler, type Resampler, type ResamplerOptions } from '../../audio/resampler.js';

/** After so many silent samples a converter, with its look-ahead of 46 samples at the lower rate, holds only silence. */
const silencingSamples = 2048;

/**
 * A resampler for a track that is mostly silent: silence after silence is not converted, so it costs nothing. Its output is
 * the same as that of {@link createResampler}. The caller closes it.
 */
export async function createQuietResampler(options: ResamplerOptions): Promise<Resampler> {
  const resampler = await createResampler(options);
  return options.fromHz === options.toHz ? resampler : new QuietResampler(resampler, options);
}

class QuietResampler implements Resampler {
  readonly #resampler: Resampler;
  readonly #options: ResamplerOptions;
  /** Silent samples given to the converter since the last sound, or the start. */
  #silent = 0;

  constructor(resampler: Resampler, options: ResamplerOptions) {
    this.#resampler = resampler;
    this.#options = options;
  }

  push(samples: Int16Array): Int16Array {
    const { fromHz, toHz } = this.#options;
    const isSilent = samples.every((sample) => sample === 0);
    const converted = (samples.length * toHz) / fromHz;
    if (isSilent && this.#silent >= silencingSamples && Number.isInteger(converted))
      return new Int16Array(converted);
    this.#silent = isSilent ? this.#silent + samples.length : 0;
    return this.#resampler.push(samples);
  }

  flush(): Int16Array {
    this.#silent = 0;
    return this.#resampler.flush();
  }

  close(): void {
    this.#resampler.close();
  }
}
