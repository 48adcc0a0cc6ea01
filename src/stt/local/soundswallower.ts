/**
 * SoundSwallower (CMU Sphinx for WebAssembly) as this folder uses it. Its own types need Emscripten's and leave out the
 * options of its module, so what is used of it is described here.
 */
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';

/** One recogniser: an acoustic model, a dictionary and a grammar, some 15 MB that are never given back. */
export interface SphinxDecoder {
  initialize(): Promise<unknown>;
  /** Makes changed audio settings take effect, and forgets what was learnt of the last speaker's channel. */
  reinitialize_audio(): Promise<void>;
  /** Throws for a grammar that does not parse or has words that are not in the dictionary. */
  set_grammar(jsgf: string): void;
  /** Throws, for want of better, a ReferenceError if the phones are not ARPAbet. */
  add_words(...words: readonly (readonly [word: string, phones: string])[]): void;
  start(): void;
  process_audio(pcm: Float32Array, noSearch: boolean, fullUtterance: boolean): number;
  stop(): void;
  get_text(): string;
  /** Gives its memory back to the library, which keeps it for the next decoder. */
  delete(): void;
}

export interface SoundSwallower {
  readonly Decoder: new (config: Readonly<Record<string, string | number>>) => SphinxDecoder;
}

/** Where the library keeps its models. */
const modelFolder = join(dirname(createRequire(import.meta.url).resolve('soundswallower')), 'model') + sep;

/** The dictionary of the model of English: one pronunciation per line. */
export const dictionaryPath = join(modelFolder, 'en-us', 'dict.txt');

/** A path for the option `dict` where there is no file: the decoder starts without any words. */
export const noDictionaryPath = join(modelFolder, 'none');

interface ModuleOptions {
  readonly modelBase: string;
  readonly print: (line: string) => void;
  readonly printErr: (line: string) => void;
}

/**
 * Loads the library into this thread. What it would print to the terminal goes to `onLog`, a line at a time: that is
 * where it explains its errors.
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
