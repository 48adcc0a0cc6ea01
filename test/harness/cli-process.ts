/** Runs the command line like its users: `bin/hzrelay.js` in its own process, with the code in `dist/`. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A state folder for these tests only. */
const stateHome = join(tmpdir(), `hzrelay-tests-${process.pid}`);
/** The program. */
export const cliBin = fileURLToPath(new URL('../../bin/hzrelay.js', import.meta.url));

/** A complete environment: these variables, and those that every process needs. */
export function cliEnv(env: Readonly<Record<string, string>>): Record<string, string> {
  const { PATH = '' } = process.env;
  return { PATH, TERM: 'xterm-256color', XDG_STATE_HOME: stateHome, ...env };
}

/** How a process ended, and its output. */
export interface CliEnd {
  /** Null if a signal killed it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The output streams of a process: a pipe that is read here, or an open file. */
export interface CliOutputs {
  readonly stdout?: number;
  readonly stderr?: number;
}

export class CliProcess {
  static readonly #running = new Set<CliProcess>();

  /** Resolves once the process has ended and its output has been read. */
  readonly ended: Promise<CliEnd>;
  readonly #child: ChildProcess;
  readonly #written = { stdout: '', stderr: '' };
  readonly #look = new Set<() => void>();

  private constructor(args: readonly string[], env: Readonly<Record<string, string>>, to: CliOutputs) {
    const { stdout = 'pipe', stderr = 'pipe' } = to;
    this.#child = spawn(process.execPath, [cliBin, ...args], {
      stdio: ['ignore', stdout, stderr],
      env: cliEnv(env),
    });
    CliProcess.#running.add(this);
    for (const name of ['stdout', 'stderr'] as const) {
      this.#child[name]?.setEncoding('utf8').on('data', (text: string) => {
        this.#written[name] += text;
        for (const look of this.#look) look();
      });
    }
    this.ended = once(this.#child, 'close').then(([code]) => {
      CliProcess.#running.delete(this);
      return { code: code as number | null, ...this.#written };
    });
  }

  /** Starts `hzrelay` with these arguments and only these variables. */
  static start(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    to: CliOutputs = {},
  ): CliProcess {
    return new CliProcess(args, env, to);
  }

  /** Runs `hzrelay` to its end. */
  static run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CliEnd> {
    return CliProcess.start(args, env).ended;
  }

  /** Kills all running processes, for `afterEach`. */
  static async killAll(): Promise<void> {
    await Promise.all(
      [...this.#running].map((running) => {
        running.signal('SIGKILL');
        return running.ended;
      }),
    );
  }

  /** Resolves with the first match in the stream's output; rejects if the process ends before. */
  async until(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<RegExpExecArray> {
    let look = (): void => undefined;
    const found = new Promise<RegExpExecArray>((resolve) => {
      look = () => {
        const match = pattern.exec(this.#written[stream]);
        if (match) resolve(match);
      };
      look();
      this.#look.add(look);
    });
    const missed = this.ended.then(({ code, stdout, stderr }) => {
      throw new Error(`It ended with ${code} and no ${String(pattern)}:\n${stdout}\n${stderr}`);
    });
    try {
      return await Promise.race([found, missed]);
    } finally {
      this.#look.delete(look);
    }
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Closes the reading end of stdout, as `head` does. */
  closeStdout(): void {
    this.#child.stdout?.destroy();
  }

  closeStderr(): void {
    this.#child.stderr?.destroy();
  }
}
