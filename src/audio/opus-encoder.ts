/** Samples to Opus (RFC 6716), tuned for speech over a lossy line; by the package `@evan/opus`. */
import type { Encoder } from '@evan/opus';
import { HzRelayError, InvalidStateError } from '../errors.js';
import type { OpusSampleRate } from './opus-decoder.js';

/** How much work libopus puts into its choices, from 0 (least) to 10. */
export type OpusComplexity = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10;

/** Options of {@link createOpusEncoder}. */
export interface OpusEncoderOptions {
  /** @default 24000 */
  readonly sampleRateHz?: OpusSampleRate;
  /** @default 5 */
  readonly complexity?: OpusComplexity;
  /** Mean bits per second, 6000 to 510000. @default 32000 */
  readonly bitrateBps?: number;
  /** Whether each packet of speech also holds a coarse copy of the one before it (in-band FEC). @default true */
  readonly fec?: boolean;
  /**
   * Loss on the way in percent, 0 to 100: how much of the bit rate goes into those copies; libopus makes none when it is
   * 0, nor when it is too low for the bit rate. @default 10
   */
  readonly expectedLossPercent?: number;
}

/** Encodes one mono stream in frames of 20 ms. Made by {@link createOpusEncoder}. */
export interface OpusEncoder {
  readonly sampleRateHz: OpusSampleRate;
  /** Samples in each frame. */
  readonly frameSamples: number;
  /**
   * One frame as a packet with bytes of its own; silence too gets its packet (no discontinuous transmission). Throws a
   * RangeError where the frame is not of 20 ms, and an InvalidStateError when closed.
   */
  encode(samples: Int16Array): Uint8Array;
  /** Lets go of the codec's state, which the garbage collector then frees. Idempotent. */
  close(): void;
}

/** Makes an encoder; the first one loads the codec. Throws a RangeError for an option that cannot be. */
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
    // The native addon gives nothing at all, and no error, when its module was loaded a second time in one process.
    if (packet.length === 0)
      throw new HzRelayError('The Opus codec gave no packet. Set OPUS_FORCE_WASM=1 to use its WebAssembly.');
    return packet;
  }

  close(): void {
    this.#encoder = null;
  }
}

function requireBetween(what: string, value: number, least: number, most: number): void {
  if (!(value >= least && value <= most))
    throw new RangeError(`An Opus ${what} of ${value} cannot be: use ${least} to ${most}.`);
}
