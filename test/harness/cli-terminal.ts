/** The command line in a real pseudo-terminal, which can be closed while the command runs. */
import { stripVTControlCharacters } from 'node:util';
import { spawn, type IPty } from '@lydell/node-pty';
import { cliBin, cliEnv } from './cli-process.js';

export interface TerminalEnd {
  readonly code: number;
  /** The signal that killed it; 0 if none did. */
  readonly signal: number;
}

export class CliTerminal {
  static readonly #open = new Set<CliTerminal>();

  /** Resolves when the process in the terminal has ended. */
  readonly ended: Promise<TerminalEnd>;
  readonly #pty: IPty;
  readonly #look = new Set<() => void>();
  #written = '';

  private constructor(file: string, args: readonly string[], env: Readonly<Record<string, string>>) {
    this.#pty = spawn(file, [...args], { cols: 100, rows: 30, env: cliEnv(env) });
    CliTerminal.#open.add(this);
    this.#pty.onData((text) => {
      this.#written += text;
      for (const look of this.#look) look();
    });
    this.ended = new Promise((resolve) =>
      this.#pty.onExit(({ exitCode, signal = 0 }) => {
        CliTerminal.#open.delete(this);
        resolve({ code: exitCode, signal });
      }),
    );
  }

  /** Starts `hzrelay` with these arguments and only these variables, the only program of its terminal. */
  static start(args: readonly string[], env: Readonly<Record<string, string>> = {}): CliTerminal {
    return new CliTerminal(process.execPath, [cliBin, ...args], env);
  }

  /** Starts a shell with job control, in which `$HZRELAY` is the program. */
  static shell(env: Readonly<Record<string, string>> = {}): CliTerminal {
    return new CliTerminal('/bin/sh', ['-i'], {
      ...env,
      PS1: '$ ',
      HZRELAY: `${process.execPath} ${cliBin}`,
    });
  }

  /** Kills all running processes, for `afterEach`. */
  static async killAll(): Promise<void> {
    await Promise.all(
      [...this.#open].map((terminal) => {
        terminal.#pty.kill('SIGKILL');
        return terminal.ended;
      }),
    );
  }

  /** Process id of the process in the terminal. */
  get pid(): number {
    return this.#pty.pid;
  }

  /** The raw output. */
  get written(): string {
    return this.#written;
  }

  /** Resolves with the first match in the output after `from`, without styles. */
  async until(pattern: RegExp, from = 0): Promise<RegExpExecArray> {
    let look = (): void => undefined;
    const found = new Promise<RegExpExecArray>((resolve) => {
      look = () => {
        const match = pattern.exec(stripVTControlCharacters(this.#written.slice(from)));
        if (match) resolve(match);
      };
      look();
      this.#look.add(look);
    });
    const missed = this.ended.then(({ code }) => {
      throw new Error(`It ended with ${code} and no ${String(pattern)}:\n${this.#written}`);
    });
    try {
      return await Promise.race([found, missed]);
    } finally {
      this.#look.delete(look);
    }
  }

  /** Resolves when exactly these bytes were written after `from`. */
  async bytes(text: string, from = 0): Promise<void> {
    if (this.#written.includes(text, from)) return;
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (!this.#written.includes(text, from)) return;
        this.#look.delete(look);
        resolve();
      };
      this.#look.add(look);
    });
  }

  type(text: string): void {
    this.#pty.write(text);
  }

  resize(columns: number, rows: number): void {
    this.#pty.resize(columns, rows);
  }

  /** Stops reading, like a terminal whose connection stalls. */
  stall(): void {
    this.#pty.pause();
  }

  /** Closes the terminal, like closing its window: the system sends SIGHUP, and a shell would send another. */
  close(): void {
    // Missing in the published type.
    (this.#pty as IPty & { destroy(): void }).destroy();
  }
}
