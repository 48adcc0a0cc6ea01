/**
 * Decodes Opus (RFC 6716). Uses libopus in WebAssembly, as the package's native addon offers neither packet loss
 * concealment nor forward error correction. WebAssembly costs 3 µs more per frame.
 */
import { InvalidStateError } from '../core/errors.js';
import { maxOpusPacketMs } from './opus-packet.js';
import { loadOpus, type OpusProgram } from './opus-wasm.js';

/** Sample rates of Opus in Hz. Each end chooses its own. */
export type OpusSampleRate = 8000 | 12000 | 16000 | 24000 | 48000;

/** Options of {@link createOpusDecoder}. */
export interface OpusDecoderOptions {
  /** @default 16000 */
  readonly sampleRateHz?: OpusSampleRate;
}

/**
 * Decodes one stream of packets to mono; stereo is mixed down. Every returned array is a new one. Made by
 * {@link createOpusDecoder}; its caller closes it. After `close()`, all other methods throw an InvalidStateError.
 */
export interface OpusDecoder {
  readonly sampleRateHz: OpusSampleRate;
  /** The packet's audio, 2.5 to 120 ms; null if the bytes are not an Opus packet, which leaves the stream intact. */
  decode(packet: Uint8Array): Int16Array | null;
  /** Extends the last audio, fading, by exactly `samples`; gives silence before the first packet. */
  conceal(samples: number): Int16Array;
  /**
   * The `samples` lost right before `next`; call it before `next` is decoded. The last frame comes from `next`'s
   * redundancy if it has any, the rest from concealment.
   */
  recover(next: Uint8Array, samples: number): Int16Array;
  /** Starts a new stream: clears the decoder's state. */
  reset(): void;
  /** Frees its memory. Idempotent. */
  close(): void;
}

/**
 * Creates a decoder; the first call loads libopus. Rejects with a RangeError for a rate that Opus does not support, or
 * without memory.
 */
export async function createOpusDecoder({
  sampleRateHz = 16_000,
}: OpusDecoderOptions = {}): Promise<OpusDecoder> {
  return new WasmOpusDecoder(await loadOpus(), sampleRateHz);
}

/** Far larger than any network packet. */
const maxPacketBytes = 8192;
const resetState = 4028;

class WasmOpusDecoder implements OpusDecoder {
  readonly sampleRateHz: OpusSampleRate;
  readonly #opus: OpusProgram;
  /** One allocation holds the samples, the packet and the decoder. */
  readonly #pcm: number;
  readonly #packet: number;
  readonly #decoder: number;
  readonly #maxSamples: number;
  /** libopus conceals in steps of 2.5 ms. */
  readonly #stepSamples: number;
  #bytes: Uint8Array;
  #samples: Int16Array;
  #closed = false;

  constructor(opus: OpusProgram, sampleRateHz: OpusSampleRate) {
    this.sampleRateHz = sampleRateHz;
    this.#opus = opus;
    this.#stepSamples = sampleRateHz / 400;
    this.#maxSamples = (sampleRateHz / 1000) * maxOpusPacketMs;
    const pcmBytes = this.#maxSamples * Int16Array.BYTES_PER_ELEMENT;
    this.#pcm = opus.malloc(pcmBytes + maxPacketBytes + opus.opus_decoder_get_size(1));
    if (this.#pcm === 0) throw new RangeError('Out of memory for an Opus decoder.');
    this.#packet = this.#pcm + pcmBytes;
    this.#decoder = this.#packet + maxPacketBytes;
    const answer = opus.opus_decoder_init(this.#decoder, sampleRateHz, 1);
    if (answer < 0) {
      opus.free(this.#pcm);
      throw new RangeError(
        `Opus does not support ${sampleRateHz} Hz: use 8000, 12000, 16000, 24000 or 48000.`,
      );
    }
    this.#bytes = new Uint8Array(opus.memory.buffer);
    this.#samples = new Int16Array(opus.memory.buffer);
  }

  decode(packet: Uint8Array): Int16Array | null {
    this.#requireOpen();
    // libopus takes an empty packet for a lost one.
    if (packet.length === 0 || !this.#take(packet)) return null;
    const samples = this.#run(this.#packet, packet.length, this.#maxSamples, 0);
    return samples < 0 ? null : this.#give(samples);
  }

  conceal(samples: number): Int16Array {
    this.#requireOpen();
    const concealed = new Int16Array(samples);
    this.#concealInto(concealed, 0);
    return concealed;
  }

  recover(next: Uint8Array, samples: number): Int16Array {
    this.#requireOpen();
    const recovered = new Int16Array(samples);
    const inOneCall = Math.min(this.#maxSamples, samples - (samples % this.#stepSamples));
    const before = samples - inOneCall;
    this.#concealInto(recovered.subarray(0, before), 0);
    const done =
      inOneCall > 0 && next.length > 0 && this.#take(next)
        ? this.#run(this.#packet, next.length, inOneCall, 1)
        : -1;
    if (done === inOneCall) recovered.set(this.#view(done), before);
    else this.#concealInto(recovered, before);
    return recovered;
  }

  reset(): void {
    this.#requireOpen();
    this.#opus.opus_decoder_ctl_set(this.#decoder, resetState, 0);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#opus.free(this.#pcm);
  }

  #concealInto(concealed: Int16Array, from: number): void {
    for (let at = from; at < concealed.length;) {
      const wanted = Math.min(this.#maxSamples, concealed.length - at);
      const samples = this.#run(0, 0, Math.ceil(wanted / this.#stepSamples) * this.#stepSamples, 0);
      if (samples <= 0) return;
      concealed.set(this.#view(Math.min(samples, wanted)), at);
      at += samples;
    }
  }

  #run(packet: number, bytes: number, frameSamples: number, fec: 0 | 1): number {
    return this.#opus.opus_decode(this.#decoder, packet, bytes, this.#pcm, frameSamples, fec);
  }

  /** Copies the packet into libopus' memory; false if it is too long. */
  #take(packet: Uint8Array): boolean {
    if (packet.length > maxPacketBytes) return false;
    this.#refresh();
    this.#bytes.set(packet, this.#packet);
    return true;
  }

  #give(samples: number): Int16Array {
    return this.#view(samples).slice();
  }

  #view(samples: number): Int16Array {
    this.#refresh();
    const start = this.#pcm / Int16Array.BYTES_PER_ELEMENT;
    return this.#samples.subarray(start, start + samples);
  }

  /** Renews the views if the memory has grown, since that replaces its buffer. */
  #refresh(): void {
    const { buffer } = this.#opus.memory;
    if (this.#bytes.buffer === buffer) return;
    this.#bytes = new Uint8Array(buffer);
    this.#samples = new Int16Array(buffer);
  }

  #requireOpen(): void {
    if (this.#closed) throw new InvalidStateError('The Opus decoder is closed.');
  }
}
