/**
 * The network of Silero VAD v6 for 8 kHz: a spectrum, four convolutions, an LSTM cell and one output. Its weights and
 * the product of a matrix and a vector are in `silero-v6-8khz.wasm`, which `scripts/make-silero.mjs` makes; the layout
 * here is that of the script. Within 0.00001 of what ONNX Runtime computes.
 */
import { readFile } from 'node:fs/promises';
import { messageOf } from '../../core/errors.js';
import { instantiate } from '../../core/web-assembly.js';

/** Samples of one window: 32 ms at 8 kHz. */
export const windowSamples = 256;
/** Samples before the window that the network wants, too. */
export const contextSamples = 32;

const size = 128;
const hop = size / 2;
const bins = size / 2 + 1;
const spectra = 4;
const cellSize = 128;
/** The window is continued with its own mirror image. */
const mirrored = size / 4;
const four = (n: number): number => (n + 3) & ~3;

interface SileroProgram {
  readonly memory: { readonly buffer: ArrayBuffer };
  /** All but `rows` in bytes. */
  readonly multiply: (matrix: number, vector: number, result: number, rows: number, rowBytes: number) => void;
}

/** What the network remembers of one caller. */
export interface SileroMemory {
  readonly hidden: Float32Array;
  readonly cell: Float32Array;
}

function emptyMemory(): SileroMemory {
  return { hidden: new Float32Array(cellSize), cell: new Float32Array(cellSize) };
}

/** The noise of a quiet line, -62 dBFS, and how many windows of it a memory needs to come to rest: a second. */
const lineNoise = 40 / 32768;
const windowsToRest = 31;

/** One convolution over time. Positions are those of floats in the memory. */
interface Convolution {
  readonly weights: number;
  readonly bias: number;
  readonly from: number;
  readonly to: number;
  readonly stride: number;
  /** Frames that come out. */
  readonly frames: number;
  readonly output: number;
}

const layers = [
  { from: bins, to: 128, stride: 1, frames: 4 },
  { from: 128, to: 64, stride: 2, frames: 2 },
  { from: 64, to: 64, stride: 2, frames: 1 },
  { from: 64, to: cellSize, stride: 1, frames: 1 },
];

let loaded: Promise<SileroNetwork> | undefined;

/** Loads the network once per thread, 1 MB; all callers share it. Rejects with the remedy if the package's file cannot be read. */
export function loadSilero(): Promise<SileroNetwork> {
  loaded ??= readFile(new URL('./silero-v6-8khz.wasm', import.meta.url))
    .then((bytes) => instantiate(bytes, {}))
    .then((exports) => new SileroNetwork(exports as SileroProgram))
    .catch((cause: unknown) => {
      loaded = undefined;
      throw new Error(
        `The network that tells voices from other sounds cannot be loaded (${messageOf(cause)}): install hzrelay again.`,
        { cause },
      );
    });
  return loaded;
}

export class SileroNetwork {
  readonly #floats: Float32Array;
  readonly #multiply: SileroProgram['multiply'];
  readonly #basis: number;
  readonly #convolutions: readonly Convolution[];
  readonly #recurrent: number;
  readonly #gateBias: number;
  readonly #outputWeights: number;
  readonly #outputBias: number;
  readonly #audio: number;
  readonly #parts: number;
  readonly #spectrum: number;
  readonly #joined: number;
  readonly #gates: number;
  readonly #rested = emptyMemory();
  #end = 0;

  constructor({ memory, multiply }: SileroProgram) {
    this.#floats = new Float32Array(memory.buffer);
    this.#multiply = multiply;
    this.#basis = this.#next(2 * bins * size);
    const weights = layers.map(({ from, to }) => this.#next(to * 3 * four(from)));
    this.#recurrent = this.#next(4 * cellSize * 2 * cellSize);
    const biases = layers.map(({ to }) => this.#next(to));
    this.#gateBias = this.#next(4 * cellSize);
    this.#outputWeights = this.#next(cellSize);
    this.#outputBias = this.#next(1);
    // From here on the memory is free: it starts with zeros.
    this.#audio = this.#next(contextSamples + windowSamples + mirrored);
    this.#parts = this.#next(2 * bins);
    this.#spectrum = this.#next((spectra + 2) * four(bins));
    this.#convolutions = layers.map((layer, n) => ({
      ...layer,
      from: four(layer.from),
      weights: weights[n] ?? 0,
      bias: biases[n] ?? 0,
      // Before the first and after the last frame is one of zeros.
      output: this.#next((layer.frames + 2) * layer.to),
    }));
    this.#joined = this.#next(2 * cellSize);
    this.#gates = this.#next(4 * cellSize);
    this.#rest();
  }

  /**
   * The memory of a caller who has been silent. With an empty one, which has heard nothing, the network takes sounds for a
   * voice more easily and voices for one later.
   */
  restedMemory(): SileroMemory {
    return { hidden: this.#rested.hidden.slice(), cell: this.#rested.cell.slice() };
  }

  /**
   * The probability, from 0 to 1, that a window has a voice. `audio` has its context and its samples, from -1 to 1.
   * Changes `memory`. Takes some 70 µs.
   */
  run(audio: Float32Array, memory: SileroMemory): number {
    this.#transform(audio);
    let input = this.#spectrum;
    for (const convolution of this.#convolutions) {
      this.#convolve(convolution, input);
      input = convolution.output;
    }
    return this.#remember(input + cellSize, memory);
  }

  #rest(): void {
    const audio = new Float32Array(contextSamples + windowSamples);
    let seed = 1;
    for (let n = 0; n < windowsToRest; n++) {
      for (let i = 0; i < audio.length; i++) {
        seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
        audio[i] = (seed / 2 ** 31 - 1) * lineNoise;
      }
      this.run(audio, this.#rested);
    }
  }

  #next(length: number): number {
    const start = this.#end;
    this.#end += four(length);
    return start;
  }

  /** The spectra of the window, by a product with sines and cosines. */
  #transform(audio: Float32Array): void {
    const floats = this.#floats;
    const end = this.#audio + audio.length;
    floats.set(audio, this.#audio);
    for (let i = 0; i < mirrored; i++) floats[end + i] = floats[end - 2 - i] ?? 0;
    for (let t = 0; t < spectra; t++) {
      this.#multiply(4 * this.#basis, 4 * (this.#audio + t * hop), 4 * this.#parts, 2 * bins, 4 * size);
      const output = this.#spectrum + (t + 1) * four(bins);
      for (let bin = 0; bin < bins; bin++) {
        const real = floats[this.#parts + bin] ?? 0;
        const imaginary = floats[this.#parts + bins + bin] ?? 0;
        floats[output + bin] = Math.sqrt(real * real + imaginary * imaginary);
      }
    }
  }

  /** Each frame from three, then what is negative becomes 0. */
  #convolve({ weights, bias, from, to, stride, frames, output }: Convolution, input: number): void {
    const floats = this.#floats;
    for (let t = 0; t < frames; t++) {
      const at = output + (t + 1) * to;
      this.#multiply(4 * weights, 4 * (input + t * stride * from), 4 * at, to, 12 * from);
      for (let i = 0; i < to; i++)
        floats[at + i] = Math.max(0, (floats[at + i] ?? 0) + (floats[bias + i] ?? 0));
    }
  }

  /** The LSTM cell and the output. */
  #remember(input: number, { hidden, cell }: SileroMemory): number {
    const floats = this.#floats;
    floats.copyWithin(this.#joined, input, input + cellSize);
    floats.set(hidden, this.#joined + cellSize);
    this.#multiply(4 * this.#recurrent, 4 * this.#joined, 4 * this.#gates, 4 * cellSize, 8 * cellSize);
    const gate = (n: number, i: number): number => {
      const at = n * cellSize + i;
      return (floats[this.#gates + at] ?? 0) + (floats[this.#gateBias + at] ?? 0);
    };
    let sum = floats[this.#outputBias] ?? 0;
    for (let i = 0; i < cellSize; i++) {
      const kept = sigmoid(gate(1, i)) * (cell[i] ?? 0);
      const now = kept + sigmoid(gate(0, i)) * Math.tanh(gate(2, i));
      const out = sigmoid(gate(3, i)) * Math.tanh(now);
      cell[i] = now;
      hidden[i] = out;
      if (out > 0) sum += out * (floats[this.#outputWeights + i] ?? 0);
    }
    return sigmoid(sum);
  }
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
