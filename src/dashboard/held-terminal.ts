import { AlternateScreen } from './alternate-screen.js';
import { CapturedOutput, type Printable } from './captured-output.js';
import type { FrameGate } from './frame-gate.js';

/** The terminal's keyboard, such as `process.stdin`. */
export type TerminalInput = Pick<
  NodeJS.ReadStream,
  'setRawMode' | 'on' | 'off' | 'resume' | 'pause' | 'unref' | 'ref'
>;

/** The terminal's screen, such as `process.stdout`. */
export type TerminalOutput = Pick<NodeJS.WriteStream, 'columns' | 'rows' | 'on' | 'off'> & {
  readonly fd: number;
};

export interface HeldTerminalOptions {
  readonly stdin: TerminalInput;
  readonly stdout: TerminalOutput;
  /** The process's output streams. */
  readonly captures?: { readonly stdout: Printable; readonly stderr: Printable } | undefined;
  /** Shut while the terminal is not held. */
  readonly gate: FrameGate;
  readonly onTyped: (text: string) => void;
  readonly onResize: (columns: number, rows: number) => void;
  /** Called with each line printed while the terminal is held. */
  readonly onPrinted: (where: 'stdout' | 'stderr', line: string) => void;
  /** Called when the terminal is closed. */
  readonly onGone: () => void;
}

/** The dashboard's hold on the terminal: raw keys, the alternate screen, and captured output. */
export class HeldTerminal {
  readonly #options: HeldTerminalOptions;
  readonly #screen: AlternateScreen;
  #captured: readonly CapturedOutput[] = [];
  #held = false;

  /** Does not take the terminal yet. */
  constructor(options: HeldTerminalOptions) {
    this.#options = options;
    const { stdin, stdout } = options;
    this.#screen = new AlternateScreen(stdout.fd);
    // Never removed: a closed terminal's keyboard can fail later, and an error without a listener ends the process.
    for (const sign of ['error', 'end', 'close']) stdin.on(sign, this.#onGone);
  }

  /** Takes the terminal. Idempotent. */
  take(): void {
    if (this.#held) return;
    this.#held = true;
    const { stdin, stdout, captures, gate, onPrinted } = this.#options;
    this.#screen.enter();
    gate.reopen();
    stdin.setRawMode(true);
    stdin.on('data', this.#onData);
    stdin.resume();
    stdout.on('resize', this.#onResize);
    if (!captures) return;
    this.#captured = (['stdout', 'stderr'] as const).map(
      (where) => new CapturedOutput(captures[where], (line) => onPrinted(where, line)),
    );
  }

  /** Restores the terminal synchronously: a crash leaves no time for more. Idempotent; never throws. */
  give(): void {
    if (!this.#held) return;
    this.lose();
    // Not later: in raw mode the shell would not get its keys.
    quietly(() => this.#options.stdin.setRawMode(false));
    this.#screen.leave();
  }

  /** Gives up the terminal without changing it: another process owns it. Idempotent; never throws. */
  lose(): void {
    if (!this.#held) return;
    this.#held = false;
    const { stdin, stdout, gate } = this.#options;
    stdin.off('data', this.#onData);
    stdout.off('resize', this.#onResize);
    gate.shut();
    quietly(() => stdin.pause());
    for (const captured of this.#captured) captured.release();
    this.#captured = [];
  }

  readonly #onGone = (): void => {
    if (this.#held) this.#options.onGone();
  };

  readonly #onData = (bytes: Buffer | string): void =>
    this.#options.onTyped(typeof bytes === 'string' ? bytes : bytes.toString('utf8'));

  readonly #onResize = (): void => {
    const { columns, rows } = this.#options.stdout;
    this.#options.onResize(columns, rows);
  };
}

function quietly(act: () => unknown): void {
  try {
    act();
  } catch {
    // The terminal was closed.
  }
}
