/** Finds the user's agent file, loads it (TypeScript or JavaScript), checks it, and reloads it when it changes. */
import { existsSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import type { Clock } from '../../core/clock.js';
import { messageOf } from '../../core/errors.js';
import { configForAnyCall, resolveConfig, type RelaySessionConfig } from '../../relay/config/config.js';
import { isImported, loadModule } from './agent-module.js';
import { EnvironmentFile } from './environment-file.js';
import { SourceWatcher } from './source-watcher.js';
import { UsageError } from '../exit.js';

/** The files to look for when the command line names none. */
const defaultNames = ['ts', 'mts', 'js', 'mjs'].map((extension) => `hzrelay.config.${extension}`);
const extensions = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs'];

export interface AgentFileListener {
  /** A saved change was loaded; the next call uses it. */
  onReload(): void;
  /** A saved change is invalid; the last good version stays in use. The message says why. */
  onProblem(message: string): void;
}

/**
 * The path of the agent's file: the given one, else a `hzrelay.config.*` in the working directory, else null. Throws a
 * UsageError if the given file does not exist or is not TypeScript or JavaScript.
 */
export function findAgentFile(given: string | undefined, directory = process.cwd()): string | null {
  if (given === undefined) {
    const name = defaultNames.find((candidate) => existsSync(resolve(directory, candidate)));
    return name === undefined ? null : resolve(directory, name);
  }
  const path = resolve(directory, given);
  if (!existsSync(path))
    throw new UsageError(
      `There is no file ${given}. Write one with: hzrelay init ${given.endsWith('.ts') ? given : ''}`.trim(),
    );
  if (!extensions.includes(extname(path)))
    throw new UsageError(
      `${given} is not an agent file: give a TypeScript or JavaScript file (${extensions.join(', ')}).`,
    );
  return path;
}

/** The agent of one file. Made by {@link loadAgentFile}; ends with {@link close}. */
export class AgentFile {
  readonly path: string;
  readonly #clock: Clock;
  readonly #environment: EnvironmentFile;
  #reading: Reading;
  #watcher: SourceWatcher | null = null;
  #loading: Promise<void> = Promise.resolve();
  /** Whether the last saved version could not be loaded. */
  #isBroken = false;
  /** Folders made since it broke: what it lacks may come into one of them. */
  #newFolders: string[] = [];

  constructor(path: string, reading: Reading, environment: EnvironmentFile, clock: Clock) {
    this.path = path;
    this.#reading = reading;
    this.#environment = environment;
    this.#clock = clock;
  }

  /** The config of the next call: the latest valid version. */
  get session(): RelaySessionConfig {
    return this.#reading.session;
  }

  /** Reloads when the file, anything it imports, or the `.env` beside it is saved. */
  watch(listener: AgentFileListener): void {
    this.#watcher?.close();
    this.#watcher = new SourceWatcher({
      clock: this.#clock,
      onChange: () => this.#reload(listener),
      // Imported since it was loaded, or perhaps what its last version lacks.
      onOther: (path) => {
        if (!this.#isBroken && !isImported(path)) return;
        if (this.#isBroken && isFolder(path)) this.#newFolders.push(path);
        this.#reload(listener);
      },
      onProblem: (message) => listener.onProblem(message),
    });
    this.#follow(this.#reading.files);
  }

  close(): void {
    this.#watcher?.close();
    this.#watcher = null;
  }

  #follow(files: readonly string[]): void {
    const inFolders = this.#newFolders.map((folder) => join(folder, 'index.ts'));
    this.#watcher?.follow([this.path, this.#environment.path, ...inFolders, ...files]);
  }

  #reload(listener: AgentFileListener): void {
    this.#loading = this.#loading.then(async () => {
      // Closed meanwhile.
      if (this.#watcher === null) return;
      const environment = this.#environment.read();
      if (environment?.failed) listener.onProblem(environment.message);
      // Its folder is still watched: a file that comes back is loaded.
      if (!existsSync(this.path)) {
        listener.onProblem(
          `${basename(this.path)} is gone. Its last version stays in use until the file is back.`,
        );
        return;
      }
      // Before it is read, so that nothing that comes meanwhile is missed.
      if (this.#newFolders.length > 0) this.#follow(this.#reading.files);
      const reading = await readAgent(this.path);
      this.#isBroken = !('session' in reading);
      if ('session' in reading) {
        this.#newFolders = [];
        this.#reading = reading;
        this.#follow(reading.files);
        listener.onReload();
      } else {
        // Also watch the earlier imports: the error may be in one of them.
        this.#follow([...this.#reading.files, ...reading.files]);
        listener.onProblem(reading.problem);
      }
    });
  }
}

/**
 * Loads the agent of a file. `environment` is the `.env` beside it, already read. Throws a UsageError that says what is
 * wrong and where.
 */
export async function loadAgentFile(
  path: string,
  clock: Clock,
  environment = new EnvironmentFile(dirname(path)),
): Promise<AgentFile> {
  const reading = await readAgent(path);
  if (!('session' in reading)) throw new UsageError(reading.problem, { cause: reading.cause });
  return new AgentFile(path, reading, environment, clock);
}

/** A valid agent. */
interface Reading {
  readonly session: RelaySessionConfig;
  readonly files: readonly string[];
}

interface FailedReading {
  readonly problem: string;
  readonly files: readonly string[];
  readonly cause?: unknown;
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

async function readAgent(path: string): Promise<Reading | FailedReading> {
  const name = basename(path);
  let real: string;
  try {
    // As Node does: what a program behind a link imports lies beside the program.
    real = realpathSync(path);
  } catch (cause) {
    // It may have been removed just now.
    return { problem: `${name} cannot be read: ${messageOf(cause)}`, files: [], cause };
  }
  const { files, outcome } = await loadModule(real);
  if ('thrown' in outcome)
    return {
      problem: `${name} cannot be loaded: ${problemOf(outcome.thrown, real)}`,
      files,
      cause: outcome.thrown,
    };
  const { value, isDefault } = outcome.loaded;
  if (!isAgent(value, isDefault))
    return {
      problem: `${name} has no agent as its default export. Write: export default defineAgent({ systemPrompt: '…' })`,
      files,
    };
  try {
    resolveConfig(configForAnyCall(value));
  } catch (cause) {
    return { problem: `${name}: ${messageOf(cause)}`, files, cause };
  }
  return { session: value, files };
}

function isAgent(value: unknown, isDefault: boolean): value is RelaySessionConfig {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) return false;
  // CommonJS has no default export: accept any object that is not a compiled ES module.
  return isDefault || !Reflect.has(value, '__esModule');
}

/** The error's message, with the line of the user's file if the stack names one. */
function problemOf(thrown: unknown, path: string): string {
  const message = messageOf(thrown);
  const place =
    thrown instanceof Error ? thrown.stack?.split('\n').find((line) => line.includes(path)) : null;
  return place === null || place === undefined || message.includes(path)
    ? message
    : `${message} (${place.trim().replace(/^at /, '')})`;
}
