/** Encodes Opus (RFC 6716) with the package `@evan/opus`, tuned for speech over a lossy line. */
import type { Encoder } from '@evan/opus';
import { HzRelayError, InvalidStateError } from '../core/errors.js';
import type { OpusSampleRate } from './opus-decoder.js';

/** Computational effort of libopus, from 0 (least) to 10. */
export type OpusComplexity = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10;

/** Options of {@link createOpusEncoder}. */
export interface OpusEncoderOptions {
  /** @default 24000 */
  readonly sampleRateHz?: OpusSampleRate;
  /** @default 5 */
  readonly complexity?: OpusComplexity;
  /** Mean bits per second, 6000 to 510000. @default 32000 */
  readonly bitrateBps?: number;
  /** Whether each speech packet also holds a coarse copy of the previous one (in-band FEC). @default true */
  readonly fec?: boolean;
  /**
   * Expected packet loss in percent, 0 to 100. It decides how much of the bit rate goes into the FEC copies; libopus
   * makes none at 0, or if the value is too low for the bit rate. @default 10
   */
  readonly expectedLossPercent?: number;
}

/** Encodes one mono stream in frames of 20 ms. Made by {@link createOpusEncoder}. */
export interface OpusEncoder {
  readonly sampleRateHz: OpusSampleRate;
  /** Samples in each frame. */
  readonly frameSamples: number;
  /**
   * Encodes one frame into a new packet, silence too (no discontinuous transmission). Throws a RangeError if the frame
   * is not 20 ms, and an InvalidStateError when closed.
   */
  encode(samples: Int16Array): Uint8Array;
  /** Releases the codec's state to the garbage collector. Idempotent. */
  close(): void;
}

/** Creates an encoder; the first call loads the codec. Rejects with a RangeError for an option out of range. */
export async function createOpusEncoder({
  sampleRateHz = 24_000,
  complexity = 5,
  bitrateBps = 32_000,
  fec = true,
  expectedLossPercent = 10,
}: OpusEncoderOptions = {}): Promise<OpusEncoder> {
  requireBetween('complexity', complexity, 0, 10);
  requireBetween('bit rate', bitrateBps, 6000, 510_000);
  requireBetween('expected loss', expectedLossPercent, 0, 100);
  const { Encoder } = await import('@evan/opus');
  const encoder = new Encoder({ channels: 1, sample_rate: sampleRateHz, application: 'voip' });
  encoder.complexity = complexity;
  encoder.bitrate = bitrateBps;
  encoder.inband_fec = fec;
  encoder.packet_loss = expectedLossPercent;
  encoder.dtx = false;
  return new PackageOpusEncoder(encoder, sampleRateHz);
}

class PackageOpusEncoder implements OpusEncoder {
  readonly sampleRateHz: OpusSampleRate;
  readonly frameSamples: number;
  #encoder: Encoder | null;

  constructor(encoder: Encoder, sampleRateHz: OpusSampleRate) {
    this.#encoder = encoder;
    this.sampleRateHz = sampleRateHz;
    this.frameSamples = sampleRateHz / 50;
  }

  encode(samples: Int16Array): Uint8Array {
    if (!this.#encoder) throw new InvalidStateError('The Opus encoder is closed.');
    if (samples.length !== this.frameSamples)
      throw new RangeError(`${samples.length} samples at ${this.sampleRateHz} Hz are not 20 ms.`);
    const packet = this.#encoder.encode(samples);
    // The native addon returns no bytes and no error if its module was loaded twice in one process.
    if (packet.length === 0)
      throw new HzRelayError(
        'The Opus codec returned an empty packet. Set OPUS_FORCE_WASM=1 to use its WebAssembly build.',
      );
    return packet;
  }

  close(): void {
    this.#encoder = null;
  }
}

function requireBetween(what: string, value: number, least: number, most: number): void {
  if (!(value >= least && value <= most))
    throw new RangeError(`The Opus ${what} must be ${least} to ${most}, not ${value}.`);
}
