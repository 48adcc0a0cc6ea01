/** The `.env` beside an agent. Variables set in the shell take precedence. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { messageOf } from '../../core/errors.js';

export interface EnvironmentReading {
  /** The names of the variables taken from it, never their values; or why it could not be read. */
  readonly message: string;
  readonly failed: boolean;
}

export class EnvironmentFile {
  readonly path: string;
  readonly #env: Record<string, string | undefined>;
  /** The variables set from the file: only these may be changed when it is read again. */
  readonly #set = new Map<string, string>();

  constructor(folder: string, env: Record<string, string | undefined> = process.env) {
    this.path = join(folder, '.env');
    this.#env = env;
  }

  /** Sets the variables that the shell has not set. Returns null if it set none. Never throws. */
  read(): EnvironmentReading | null {
    let values: Readonly<Record<string, string | undefined>>;
    try {
      // Editors on Windows begin a file with a byte order mark.
      values = parseEnv(readFileSync(this.path, 'utf8').replace(/^\uFEFF/, ''));
    } catch (thrown) {
      const { code } = thrown as { readonly code?: unknown };
      if (code !== 'ENOENT')
        return { message: `${this.path} cannot be read: ${messageOf(thrown)}`, failed: true };
      values = {};
    }
    this.#takeBack();
    for (const [name, value] of Object.entries(values)) {
      if (value === undefined || this.#env[name] !== undefined) continue;
      this.#env[name] = value;
      this.#set.set(name, value);
    }
    if (this.#set.size === 0) return null;
    return { message: `From .env: ${[...this.#set.keys()].sort().join(', ')}.`, failed: false };
  }

  #takeBack(): void {
    for (const [name, value] of this.#set)
      if (this.#env[name] === value) Reflect.deleteProperty(this.#env, name);
    this.#set.clear();
  }
}
