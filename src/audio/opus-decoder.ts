/**
 * Opus to samples (RFC 6716). It runs libopus in WebAssembly and not the package's native addon, because that addon shows
 * neither loss concealment nor forward error correction, and the difference is 3 µs a frame; here one state does all.
 */
import { InvalidStateError } from '../errors.js';
import { maxOpusPacketMs } from './opus-packet.js';
import { loadOpus, type OpusProgram } from './opus-wasm.js';

/** The rates at which Opus codes and decodes, in samples per second, whatever the other side uses. */
export type OpusSampleRate = 8000 | 12000 | 16000 | 24000 | 48000;

/** Options of {@link createOpusDecoder}. */
export interface OpusDecoderOptions {
  /** @default 16000 */
  readonly sampleRateHz?: OpusSampleRate;
}

/**
 * Decodes one stream of packets to mono; stereo is mixed down. Every array it gives is a fresh one. Made by
 * {@link createOpusDecoder}; whoever made it closes it. All but `close()` throw an InvalidStateError after that.
 */
export interface OpusDecoder {
  readonly sampleRateHz: OpusSampleRate;
  /** The packet's audio, 2.5 to 120 ms; null where the bytes are not an Opus packet (the stream goes on unharmed). */
  decode(packet: Uint8Array): Int16Array | null;
  /** Goes on as the audio sounded last, fading, for exactly `samples`; silence before the first packet. */
  conceal(samples: number): Int16Array;
  /**
   * The `samples` that were lost right before `next`, before that is decoded: its redundancy gives the last frame of
   * them if it has any, and concealment the rest.
   */
  recover(next: Uint8Array, samples: number): Int16Array;
  /** Forgets the stream: what comes next has nothing to do with what came before. */
  reset(): void;
  /** Frees its memory. Idempotent. */
  close(): void;
}

/** Makes a decoder; the first one loads libopus. Throws a RangeError for a rate that Opus does not know, or without memory. */
export async function createOpusDecoder({
  sampleRateHz = 16_000,
}: OpusDecoderOptions = {}): Promise<OpusDecoder> {
  return new WasmOpusDecoder(await loadOpus(), sampleRateHz);
}

/** Far more than a network carries in one piece. */
const maxPacketBytes = 8192;
const resetState = 4028;

class WasmOpusDecoder implements OpusDecoder {
  readonly sampleRateHz: OpusSampleRate;
  readonly #opus: OpusProgram;
  /** One allocation: the samples, the packet, the decoder. */
  readonly #pcm: number;
  readonly #packet: number;
  readonly #decoder: number;
  readonly #maxSamples: number;
  /** Concealment comes in steps of 2.5 ms. */
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
    if (this.#pcm === 0) throw new RangeError('There is no memory left for an Opus decoder.');
    this.#packet = this.#pcm + pcmBytes;
    this.#decoder = this.#packet + maxPacketBytes;
    const answer = opus.opus_decoder_init(this.#decoder, sampleRateHz, 1);
    if (answer < 0) {
      opus.free(this.#pcm);
      throw new RangeError(
        `Opus does not decode to ${sampleRateHz} Hz: use 8000, 12000, 16000, 24000 or 48000.`,
      );
    }
    this.#bytes = new Uint8Array(opus.memory.buffer);
    this.#samples = new Int16Array(opus.memory.buffer);
  }

  decode(packet: Uint8Array): Int16Array | null {
    this.#requireOpen();
    // To libopus a packet without bytes is a lost one.
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

  /** Lays the packet where libopus can read it; false where it is too long to be one. */
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

  /** The memory may have grown, and its old buffer with it have gone. */
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
