/** Loads the user's program, TypeScript or JavaScript, always from its current sources. */
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { messageOf } from '../../core/errors.js';

export interface LoadedModule {
  /** The default export, else what CommonJS exports. */
  readonly value: unknown;
  readonly isDefault: boolean;
}

export interface ModuleLoad {
  /** Every source and JSON file that was read, without packages; if loading failed, those read before it failed. */
  readonly files: readonly string[];
  /**
   * Whether the next load reads all of {@link files} again. False for a program with a top-level await: Node imports
   * its JavaScript and never reads a module twice.
   */
  readonly isFresh: boolean;
  readonly outcome: { readonly loaded: LoadedModule } | { readonly thrown: unknown };
}

/**
 * Runs a program. Keeps no compiled code on disk: in a shared temporary folder other users could read it or replace it.
 * Resolves the `paths` of the tsconfig above the file. Never throws.
 */
export async function loadModule(path: string): Promise<ModuleLoad> {
  const [{ createJiti }, hzrelay, ours] = await Promise.all([
    import('jiti'),
    import('hzrelay'),
    import('zod'),
  ]);
  const jiti = createJiti(path, {
    fsCache: false,
    moduleCache: true,
    tsconfigPaths: true,
    // Let Node load packages: they do not change, and a second copy would break `instanceof`.
    nativeModules: packagesAbove(path),
    // The agent uses the running engine, so it needs no hzrelay installation of its own.
    virtualModules: { hzrelay, ...(canResolve('zod', path) ? {} : { zod: ours }) },
  });
  // Not `import`: Node never reads an imported module again.
  const require: (path: string) => unknown = jiti;
  const before = new Set(Object.keys(jiti.cache));
  let outcome: ModuleLoad['outcome'];
  let isFresh = true;
  try {
    let exported: unknown;
    try {
      exported = require(path);
    } catch (thrown) {
      if (!awaitsAtTopLevel(thrown)) throw thrown;
      isFresh = false;
      exported = await jiti.import(path);
    }
    outcome = { loaded: defaultOf(exported) };
  } catch (thrown) {
    outcome = { thrown };
  }
  const files: string[] = [];
  for (const file of Object.keys(jiti.cache)) {
    if (before.has(file) || file.includes(`${sep}node_modules${sep}`)) continue;
    files.push(file);
    Reflect.deleteProperty(jiti.cache, file);
  }
  return { files, isFresh, outcome };
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
