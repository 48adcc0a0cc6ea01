/** The C interface of libopus in the WebAssembly of the package `@evan/opus`, which exposes only a part of it. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { instantiate } from '../core/web-assembly.js';

/** The decoding exports of `opus.wasm`. Addresses are byte offsets in `memory`; negative results are errors. */
export interface OpusProgram {
  /** Growth replaces its `buffer`: read it again before every use. */
  readonly memory: { readonly buffer: ArrayBuffer };
  malloc(bytes: number): number;
  free(address: number): void;
  opus_decoder_get_size(channels: number): number;
  opus_decoder_init(decoder: number, sampleRateHz: number, channels: number): number;
  /** `packet` 0 conceals `frameSamples`; `fec` 1 gives the audio before the packet. Returns samples per channel. */
  opus_decode(
    decoder: number,
    packet: number,
    packetBytes: number,
    pcm: number,
    frameSamples: number,
    fec: 0 | 1,
  ): number;
  opus_decoder_ctl_set(decoder: number, request: number, value: number): number;
}

let loaded: Promise<OpusProgram> | undefined;

/** The C library writes to files only when it aborts; there are no files here. */
const imports = {
  wasi_snapshot_preview1: {
    fd_seek: () => 0,
    fd_write: () => 0,
    fd_close: () => 0,
    proc_exit: () => undefined,
  },
  env: { emscripten_notify_memory_growth: () => undefined },
};

/**
 * Loads libopus once per thread (some 5 ms, 16 MB of address space); all decoders share the instance, each with its own
 * state. Rejects if the package's file cannot be read.
 */
export function loadOpus(): Promise<OpusProgram> {
  loaded ??= readFile(createRequire(import.meta.url).resolve('@evan/opus/wasm/opus.wasm'))
    .then((bytes) => instantiate(bytes, imports))
    .then((exports) => exports as OpusProgram)
    .catch((error: unknown) => {
      loaded = undefined;
      throw error;
    });
  return loaded;
}
