/** Finds an installed browser, for tests that need a real one. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The names of one browser on each system. */
export interface BrowserNames {
  /** The environment variable with the program's path. */
  readonly variable: string;
  /** Programs on the PATH, the preferred one first. */
  readonly commands: readonly string[];
  /** macOS applications, each with its program. */
  readonly macApps: Readonly<Record<string, string>>;
  /** Windows programs, below a program folder. */
  readonly windowsPrograms: readonly string[];
}

/**
 * The path of the browser: the one in its variable, else the first installed one; null if there is none. Throws if the
 * variable's program cannot be run.
 */
export function findBrowser(names: BrowserNames, env: Environment): string | null {
  const named = env[names.variable];
  if (named !== undefined && named !== '') {
    if (isExecutable(named)) return named;
    throw new Error(`${names.variable} is ${named}, which cannot be run. Set it to the path of a browser.`);
  }
  return candidates(names, env).find(isExecutable) ?? null;
}

function candidates({ commands, macApps, windowsPrograms }: BrowserNames, env: Environment): string[] {
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const programs = [env.PROGRAMFILES, env['PROGRAMFILES(X86)'], env.LOCALAPPDATA].filter(
    (folder) => folder !== undefined,
  );
  return [
    ...commands.flatMap((command) => folders.map((folder) => join(folder, command))),
    ...Object.entries(macApps).map(([app, program]) => `/Applications/${app}.app/Contents/MacOS/${program}`),
    ...programs.flatMap((folder) => windowsPrograms.map((program) => join(folder, program))),
  ];
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
