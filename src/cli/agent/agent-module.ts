/** Loads the user's program, TypeScript or JavaScript, always from its current sources. */
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, isAbsolute, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Jiti, JitiOptions } from 'jiti';
import { messageOf } from '../../core/errors.js';

export interface LoadedModule {
  /** The default export, else what CommonJS exports. */
  readonly value: unknown;
  readonly isDefault: boolean;
}

export interface ModuleLoad {
  /** Every source and JSON file that was read, without packages; if loading failed, those read before it failed. */
  readonly files: readonly string[];
  readonly outcome: { readonly loaded: LoadedModule } | { readonly thrown: unknown };
}

/** What was loaded before the first program: it stays. */
let foreign: ReadonlySet<string> | null = null;
let cache: NodeJS.Require['cache'] = {};

/**
 * Runs a program. Keeps no compiled code on disk: in a shared temporary folder other users could read it or replace it.
 * Resolves the `paths` of the tsconfig above the file. Never throws.
 */
export async function loadModule(path: string): Promise<ModuleLoad> {
  const [hzrelay, ours] = await Promise.all([import('hzrelay'), import('zod')]);
  const createJiti = loader();
  const options = {
    fsCache: false,
    moduleCache: true,
    // As TypeScript resolves './hours', not the compiled file that lies beside it.
    extensions: ['.ts', '.tsx', '.mts', '.cts', '.js', '.mjs', '.cjs'],
    // Let Node load packages: they do not change, and a second copy would break `instanceof`.
    nativeModules: packagesAbove(path),
    // The agent uses the running engine, so it needs no hzrelay installation of its own.
    virtualModules: { hzrelay, ...(canResolve('zod', path) ? {} : { zod: ours }) },
  };
  const unusable: string[] = [];
  let jiti: Jiti;
  try {
    jiti = createJiti(path, { ...options, tsconfigPaths: true });
  } catch (thrown) {
    // An agent that needs no paths runs without its tsconfig.
    unusable.push(`Its tsconfig.json was ignored: ${messageOf(thrown)}`);
    jiti = createJiti(path, options);
  }
  cache = jiti.cache;
  foreign ??= new Set(Object.keys(cache));
  // Not earlier: what a tool imports in a call is what the agent imported.
  for (const file of loadedFiles()) Reflect.deleteProperty(cache, file);
  const require: (path: string) => unknown = jiti;
  let outcome: ModuleLoad['outcome'];
  try {
    let exported: unknown;
    try {
      exported = require(path);
    } catch (thrown) {
      if (!awaitsAtTopLevel(thrown)) throw thrown;
      exported = await jiti.import(path);
    }
    outcome = { loaded: defaultOf(exported) };
  } catch (thrown) {
    const problem = [messageOf(thrown), ...unusable].join('\n');
    outcome = { thrown: unusable.length === 0 ? thrown : new Error(problem, { cause: thrown }) };
  }
  return { files: loadedFiles(), outcome };
}

/** Whether the running program has imported this file, perhaps later than when it was loaded. */
export function isImported(file: string): boolean {
  return loadedFiles().includes(file);
}

function loadedFiles(): string[] {
  return Object.keys(cache).filter(
    (file) => foreign?.has(file) === false && !file.includes(`${sep}node_modules${sep}`),
  );
}

/**
 * jiti, but for one thing: it leaves ES modules in JavaScript that are imported (after a top-level await, or in a function)
 * to Node, which never reads a module twice. Where Node fails, jiti compiles them itself, so here Node fails. The package's
 * `createJiti` cannot be told so, but the function below it can.
 */
function loader(): (path: string, options: JitiOptions) => Jiti {
  const inPackage = createRequire(createRequire(import.meta.url).resolve('jiti/package.json'));
  const create = inPackage('./dist/jiti.cjs') as (path: string, options: JitiOptions, parts: object) => Jiti;
  const transform: JitiOptions['transform'] = (source) =>
    (inPackage('./dist/babel.cjs') as NonNullable<JitiOptions['transform']>)(source);
  const parts = {
    createRequire,
    nativeImport: async (id: string): Promise<unknown> => {
      if (isOwnScript(id)) throw new Error(`${id} is compiled.`);
      return import(id);
    },
    onError: (thrown: unknown): never => {
      throw thrown;
    },
  };
  return (path, options) => create(path, { transform, ...options }, parts);
}

function isOwnScript(id: string): boolean {
  const path = id.startsWith('file:') ? fileURLToPath(id) : id;
  return isAbsolute(path) && /\.[cm]?js$/.test(path) && !path.includes(`${sep}node_modules${sep}`);
}

function defaultOf(exported: unknown): LoadedModule {
  const isObject = typeof exported === 'object' && exported !== null;
  if (isObject && 'default' in exported) return { value: exported.default, isDefault: true };
  return { value: exported, isDefault: false };
}

function awaitsAtTopLevel(thrown: unknown): boolean {
  return /await is only valid|ERR_REQUIRE_ASYNC_MODULE|require\(\) async|top-level await/i.test(
    `${messageOf(thrown)} ${String((thrown as { readonly code?: unknown } | null)?.code)}`,
  );
}

/** The names of all packages in the `node_modules` folders above a file. */
function packagesAbove(path: string): string[] {
  const names = new Set<string>();
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const packages = join(folder, 'node_modules');
    if (existsSync(packages)) {
      for (const name of readdirSync(packages)) {
        if (!name.startsWith('@')) names.add(name);
        else for (const scoped of readdirSync(join(packages, name))) names.add(`${name}/${scoped}`);
      }
    }
    if (folder === dirname(folder)) return [...names];
  }
}

function canResolve(name: string, from: string): boolean {
  try {
    createRequire(from).resolve(name);
    return true;
  } catch {
    return false;
  }
}
