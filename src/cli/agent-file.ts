/** The user's own agent: finds its file, loads it (TypeScript too), checks it, and loads it again when it changes. */
import { existsSync, watch, type FSWatcher } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, extname, resolve } from 'node:path';
import type { Clock, Timer } from '../clock.js';
import { ConfigError, messageOf } from '../errors.js';
import { configForCall, resolveConfig, type RelaySessionConfig } from '../server/config.js';
import { UsageError } from './exit.js';

/** Where an agent is looked for when none is named. */
const defaultNames = ['ts', 'mts', 'js', 'mjs'].map((extension) => `hzrelay.config.${extension}`);
const extensions = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs'];
/** Editors write a file in several steps. */
const settleMs = 80;

export interface AgentFileListener {
  /** A saved change was loaded: the next call gets it. */
  onReload(): void;
  /** A saved change cannot be used; the last good version stays. The message says why. */
  onProblem(message: string): void;
}

/**
 * The path of the agent's file: the given one, else a `hzrelay.config.*` in the working directory, else null. Throws a
 * UsageError where the given one is not there or no program.
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
      `${given} is no agent: give a TypeScript or JavaScript file (${extensions.join(', ')}).`,
    );
  return path;
}

/** The agent of one file. Made by {@link loadAgentFile}; ends with {@link close}. */
export class AgentFile {
  readonly path: string;
  readonly #clock: Clock;
  #session: RelaySessionConfig;
  #watcher: FSWatcher | null = null;
  #timer: Timer | null = null;
  #loading: Promise<void> = Promise.resolve();

  constructor(path: string, session: RelaySessionConfig, clock: Clock) {
    this.path = path;
    this.#session = session;
    this.#clock = clock;
  }

  /** The config of the next call: the latest version that could be used. */
  get session(): RelaySessionConfig {
    return this.#session;
  }

  /** Follows saved changes of the file, and of the sources beside it that it may import. */
  watch(listener: AgentFileListener): void {
    this.#watcher = watch(dirname(this.path), (_event, name) => {
      if (name !== null && name !== basename(this.path) && !extensions.includes(extname(name))) return;
      this.#timer?.cancel();
      this.#timer = this.#clock.setTimer(settleMs, () => this.#reload(listener));
    });
    // A directory that goes away takes the watch with it; the agent stays.
    this.#watcher.on('error', (error) => listener.onProblem(`Changes are no longer seen: ${error.message}`));
  }

  close(): void {
    this.#watcher?.close();
    this.#timer?.cancel();
  }

  #reload(listener: AgentFileListener): void {
    this.#loading = this.#loading.then(async () => {
      try {
        this.#session = await readAgent(this.path);
        listener.onReload();
      } catch (thrown) {
        listener.onProblem(messageOf(thrown));
      }
    });
  }
}

/** Loads the agent of a file. Throws a UsageError that says what is wrong with it and where. */
export async function loadAgentFile(path: string, clock: Clock): Promise<AgentFile> {
  try {
    return new AgentFile(path, await readAgent(path), clock);
  } catch (thrown) {
    throw new UsageError(messageOf(thrown), { cause: thrown });
  }
}

async function readAgent(path: string): Promise<RelaySessionConfig> {
  const name = basename(path);
  let session: unknown;
  try {
    session = await importFresh(path);
  } catch (cause) {
    throw new UsageError(`${name} cannot be loaded: ${problemOf(cause, path)}`, { cause });
  }
  if (typeof session !== 'object' || session === null || Object.keys(session).length === 0)
    throw new UsageError(
      `${name} has no agent as its default export. Write: export default defineAgent({ systemPrompt: '…' })`,
    );
  try {
    resolveConfig(configForCall(session, 'twilio'));
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    throw new UsageError(`${name}: ${thrown.message}`, { cause: thrown });
  }
  return session;
}

/** The default export, from the sources as they are now. */
async function importFresh(path: string): Promise<unknown> {
  const [{ loadConfig }, hzrelay, ours] = await Promise.all([
    import('c12'),
    import('hzrelay'),
    import('zod'),
  ]);
  const { config } = await loadConfig({
    cwd: dirname(path),
    configFile: basename(path, extname(path)),
    configFileRequired: true,
    rcFile: false,
    globalRc: false,
    packageJson: false,
    dotenv: false,
    extend: false,
    // What the user made is used as it is: a merged copy would lose its identity.
    merger: (...sources) => sources.find((source) => source !== undefined && source !== null) ?? {},
    jitiOptions: {
      moduleCache: false,
      // The agent talks to the engine that runs it, and needs no installation of its own beside it.
      virtualModules: { hzrelay, ...(canResolve('zod', path) ? {} : { zod: ours }) },
    },
  });
  return config;
}

function canResolve(name: string, from: string): boolean {
  try {
    createRequire(from).resolve(name);
    return true;
  } catch {
    return false;
  }
}

/** The message with the place in the user's file, where the error has one. */
function problemOf(thrown: unknown, path: string): string {
  const message = messageOf(thrown);
  const place =
    thrown instanceof Error ? thrown.stack?.split('\n').find((line) => line.includes(path)) : null;
  return place === null || place === undefined || message.includes(path)
    ? message
    : `${message} (${place.trim().replace(/^at /, '')})`;
}
