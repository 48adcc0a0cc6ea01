/**
 * Types for the used part of SoundSwallower (CMU Sphinx for WebAssembly). Its own types need Emscripten's and lack the
 * options of its module.
 */
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';

/** One recogniser: an acoustic model, a dictionary and a grammar; about 15 MB that are never freed. */
export interface SphinxDecoder {
  initialize(): Promise<unknown>;
  /** Applies changed audio settings, and resets the channel estimate of the last speaker. */
  reinitialize_audio(): Promise<void>;
  /** Throws if the grammar does not parse or has words that the dictionary lacks. */
  set_grammar(jsgf: string): void;
  /** Throws a ReferenceError if the phones are not ARPAbet. */
  add_words(...words: readonly (readonly [word: string, phones: string])[]): void;
  start(): void;
  process_audio(pcm: Float32Array, noSearch: boolean, fullUtterance: boolean): number;
  stop(): void;
  get_text(): string;
  /** Returns its memory to the library, which keeps it for the next decoder. */
  delete(): void;
}

export interface SoundSwallower {
  readonly Decoder: new (config: Readonly<Record<string, string | number>>) => SphinxDecoder;
}

/** The library's folder of models. */
const modelFolder = join(dirname(createRequire(import.meta.url).resolve('soundswallower')), 'model') + sep;

/** The dictionary of the English model: one pronunciation per line. */
export const dictionaryPath = join(modelFolder, 'en-us', 'dict.txt');

/** A path without a file, for the option `dict`: the decoder starts without words. */
export const noDictionaryPath = join(modelFolder, 'none');

interface ModuleOptions {
  readonly modelBase: string;
  readonly print: (line: string) => void;
  readonly printErr: (line: string) => void;
}

/**
 * Loads the library into this thread. Its output, which explains its errors, goes to `onLog` line by line instead of to
 * the terminal.
 */
export async function loadSoundSwallower(onLog: (line: string) => void): Promise<SoundSwallower> {
  const { default: imported } = await import('soundswallower');
  const createModule = imported as unknown as (options: ModuleOptions) => Promise<SoundSwallower>;
  const known = new Set(process.listeners('uncaughtException'));
  const module = await createModule({
    modelBase: modelFolder,
    print: onLog,
    printErr: onLog,
  });
  // Emscripten adds a listener that prints its whole source and rethrows; the worker's owner handles crashes.
  for (const listener of process.listeners('uncaughtException'))
    if (!known.has(listener)) process.removeListener('uncaughtException', listener);
  return module;
}
