/** Encoding of samples on a wire: G.711 mu-law bytes or signed 16-bit little-endian PCM. */
export type AudioEncoding = 'mulaw' | 'linear16';

/** A mono audio format. */
export interface AudioFormat {
  readonly encoding: AudioEncoding;
  /** Samples per second. */
  readonly sampleRateHz: number;
}

/** The formats that one end of a connection supports. */
export interface AudioFormats {
  readonly encodings: readonly AudioEncoding[];
  /** Supported rates, best first, or `any`. */
  readonly sampleRatesHz: readonly number[] | 'any';
}

/**
 * A stretch of mono audio, and the only form of audio inside the engine: codecs live at the transport's edge. Frames
 * are immutable by convention and may be kept without a copy.
 */
export interface AudioFrame {
  /** Signed 16-bit samples, one channel. */
  readonly samples: Int16Array;
  /** Samples per second of `samples`. */
  readonly sampleRateHz: number;
  /** The same audio as received, passed through unchanged to an end with the same encoding. */
  readonly encoded?: { readonly encoding: 'mulaw'; readonly bytes: Uint8Array };
}

/** Length of a frame in milliseconds. */
export function durationMs(frame: AudioFrame): number {
  return (frame.samples.length / frame.sampleRateHz) * 1000;
}

/** The samples from `start` to `end` (exclusive) as a frame that shares memory with `frame`. */
export function sliceFrame(frame: AudioFrame, start: number, end = frame.samples.length): AudioFrame {
  if (start <= 0 && end >= frame.samples.length) return frame;
  const samples = frame.samples.subarray(start, end);
  const { sampleRateHz, encoded } = frame;
  if (!encoded) return { samples, sampleRateHz };
  return {
    samples,
    sampleRateHz,
    encoded: { encoding: encoded.encoding, bytes: encoded.bytes.subarray(start, end) },
  };
}

/**
 * Chooses the format between two ends: `preferred` if `known` has it, else linear PCM at the preferred rate, else
 * linear PCM at the other end's best rate, which needs a resampler.
 */
export function negotiateFormat(preferred: AudioFormat, known: AudioFormats): AudioFormat {
  const rates = known.sampleRatesHz;
  const rateKnown = rates === 'any' || rates.includes(preferred.sampleRateHz);
  if (rateKnown && known.encodings.includes(preferred.encoding)) return preferred;
  const sampleRateHz = rateKnown ? preferred.sampleRateHz : (rates[0] ?? preferred.sampleRateHz);
  return { encoding: 'linear16', sampleRateHz };
}
