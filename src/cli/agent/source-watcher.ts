/** Reports when any of a set of files is saved, also by rename and behind symbolic links. */
import { realpathSync, watch, type FSWatcher } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import type { Clock, Timer } from '../../core/clock.js';

/** The extensions of a program's sources. */
const sourceExtensions = new Set(['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs', '.json']);
/** Editors save in several steps: wait this long after the last one. */
const settleMs = 80;

export interface SourceWatcherOptions {
  readonly clock: Clock;
  /** At least one followed file was saved. */
  readonly onChange: () => void;
  /** A source in the same folder was saved that is not followed, or something was made there that may be a folder. */
  readonly onOther: (path: string) => void;
  /** A folder cannot be watched, or no longer. */
  readonly onProblem: (message: string) => void;
}

export class SourceWatcher {
  readonly #options: SourceWatcherOptions;
  /** Watches folders: editors replace the file, which would end a watch on the file itself. */
  readonly #folders = new Map<string, { readonly watcher: FSWatcher; names: Set<string> }>();
  #timer: Timer | null = null;
  #others = new Set<string>();
  #changed = false;

  constructor(options: SourceWatcherOptions) {
    this.#options = options;
  }

  /** Follows exactly these files from now on. They need not exist yet. */
  follow(files: readonly string[]): void {
    const wanted = new Map<string, Set<string>>();
    for (const file of files.flatMap(placesOf)) {
      const folder = dirname(file);
      wanted.set(folder, (wanted.get(folder) ?? new Set()).add(basename(file)));
    }
    for (const [folder, { watcher }] of this.#folders) {
      if (wanted.has(folder)) continue;
      watcher.close();
      this.#folders.delete(folder);
    }
    for (const [folder, names] of wanted) {
      const known = this.#folders.get(folder);
      if (known) known.names = names;
      else this.#watch(folder, names);
    }
  }

  close(): void {
    this.#timer?.cancel();
    for (const { watcher } of this.#folders.values()) watcher.close();
    this.#folders.clear();
  }

  #watch(folder: string, names: Set<string>): void {
    try {
      const watcher = watch(folder, (_event, name) => this.#saved(folder, name));
      // Deleting the folder ends the watch.
      watcher.on('error', (error) => this.#lost(folder, error));
      this.#folders.set(folder, { watcher, names });
    } catch (error) {
      this.#lost(folder, error as Error);
    }
  }

  #saved(folder: string, name: string | null): void {
    if (name === null || this.#folders.get(folder)?.names.has(name)) this.#changed = true;
    else if (extname(name) === '' || sourceExtensions.has(extname(name)))
      this.#others.add(join(folder, name));
    else return;
    this.#timer?.cancel();
    this.#timer = this.#options.clock.setTimer(settleMs, () => this.#settled());
  }

  #settled(): void {
    const others = [...this.#others];
    const changed = this.#changed;
    this.#others.clear();
    this.#changed = false;
    if (changed) this.#options.onChange();
    for (const other of others) this.#options.onOther(other);
  }

  #lost(folder: string, error: Error): void {
    this.#folders.delete(folder);
    this.#options.onProblem(`Cannot watch ${folder} for changes: ${error.message}`);
  }
}

/** The path as given and, if it goes through links, the real path. */
function placesOf(path: string): string[] {
  try {
    const real = realpathSync(path);
    return real === path ? [path] : [path, real];
  } catch {
    return [path];
  }
}
