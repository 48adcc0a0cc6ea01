/** How samples are written on a wire: G.711 mu-law bytes or signed 16-bit little-endian PCM. */
export type AudioEncoding = 'mulaw' | 'linear16';

/** A mono audio format. */
export interface AudioFormat {
  readonly encoding: AudioEncoding;
  /** Samples per second. */
  readonly sampleRateHz: number;
}

/** The formats that one end of a connection can take or give. */
export interface AudioFormats {
  readonly encodings: readonly AudioEncoding[];
  /** The rates it knows, best first; `any` where it does not matter. */
  readonly sampleRatesHz: readonly number[] | 'any';
}

/**
 * A stretch of mono audio. Inside the engine there is nothing else: codecs live at the transport's edge.
 * A frame is immutable by convention; whoever keeps one beyond the call that delivered it may do so without a copy.
 */
export interface AudioFrame {
  /** Signed 16-bit samples, one channel. */
  readonly samples: Int16Array;
  /** Samples per second of `samples`. */
  readonly sampleRateHz: number;
  /** The same audio as it came over the wire, for an end that speaks the same encoding: it is passed through untouched. */
  readonly encoded?: { readonly encoding: 'mulaw'; readonly bytes: Uint8Array };
}

/** Length of a frame in milliseconds. */
export function durationMs(frame: AudioFrame): number {
  return (frame.samples.length / frame.sampleRateHz) * 1000;
}

/** The same frame from sample `start` on (to `end`, exclusive), sharing its memory. */
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
 * The format in which two ends should talk: `preferred` where the other end knows it, else linear PCM at the preferred
 * rate, else linear PCM at the other end's best rate (a resampler then stands between them).
 */
export function negotiateFormat(preferred: AudioFormat, known: AudioFormats): AudioFormat {
  const rates = known.sampleRatesHz;
  const rateKnown = rates === 'any' || rates.includes(preferred.sampleRateHz);
  if (rateKnown && known.encodings.includes(preferred.encoding)) return preferred;
  const sampleRateHz = rateKnown ? preferred.sampleRateHz : (rates[0] ?? preferred.sampleRateHz);
  return { encoding: 'linear16', sampleRateHz };
}
