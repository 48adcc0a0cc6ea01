/** The command line as its users run it: `bin/hzrelay.js` in a process of its own, on the code in `dist/`. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What the commands leave for each other is nobody else's. */
const stateHome = join(tmpdir(), `hzrelay-tests-${process.pid}`);
const bin = fileURLToPath(new URL('../../bin/hzrelay.js', import.meta.url));

/** How a process ended and all that it wrote. */
export interface CliEnd {
  /** Null where a signal ended it without its doing. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class CliProcess {
  static readonly #running = new Set<CliProcess>();

  /** Resolves once the process has ended and its output has been read. */
  readonly ended: Promise<CliEnd>;
  readonly #child: ChildProcess;
  readonly #written = { stdout: '', stderr: '' };
  readonly #look = new Set<() => void>();

  private constructor(args: readonly string[], env: Readonly<Record<string, string>>) {
    this.#child = spawn(process.execPath, [bin, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, TERM: 'xterm-256color', XDG_STATE_HOME: stateHome, ...env },
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
  static start(args: readonly string[], env: Readonly<Record<string, string>> = {}): CliProcess {
    return new CliProcess(args, env);
  }

  /** Runs `hzrelay` to its end. */
  static run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CliEnd> {
    return CliProcess.start(args, env).ended;
  }

  /** Ends whatever still runs, for `afterEach`. */
  static async killAll(): Promise<void> {
    await Promise.all(
      [...this.#running].map((running) => {
        running.signal('SIGKILL');
        return running.ended;
      }),
    );
  }

  /** Resolves with the match as soon as what was written to the stream has one; rejects if the process ends before. */
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

  /** Goes away as a reader of stdout, as `head` does. */
  closeStdout(): void {
    this.#child.stdout?.destroy();
  }
}
