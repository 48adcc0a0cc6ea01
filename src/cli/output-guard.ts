/**
 * All output of the command line goes through here. Printing never throws, never blocks and never fills the memory, so
 * a broken output stream never ends a call or keeps outside effects from being undone.
 */
import { fstatSync } from 'node:fs';
import { reasonOf } from '../relay/system-reason.js';

export type OutputName = 'stdout' | 'stderr';

/** A stream to print to: `process.stdout` is one. */
export interface GuardedStream {
  readonly fd?: number | undefined;
  readonly isTTY?: boolean;
  readonly writableLength: number;
  write(text: string, done?: () => void): boolean;
  on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown;
}

/** The most that may be buffered for a stalled reader. Further output is dropped, or it would fill the memory. */
const mostWaitingBytes = 16 * 1024 * 1024;

export class OutputGuard {
  readonly #streams: Readonly<Record<OutputName, GuardedStream>>;
  readonly #readerGone = new AbortController();
  readonly #listeners = new Set<(message: string) => void>();
  readonly #lost = new Set<OutputName>();
  /** Whether both streams write to the same file or pipe, as with `2>&1 | head`. */
  #areOne = false;

  constructor(streams: Readonly<Record<OutputName, GuardedStream>>) {
    this.#streams = streams;
  }

  /** Aborts when the reader of stdout goes away (`hzrelay logs | head`), which is not an error. */
  get readerGone(): AbortSignal {
    return this.#readerGone.signal;
  }

  /** Whether output on stdout was lost although its reader is still there. */
  get lostOutput(): boolean {
    return this.#lost.has('stdout');
  }

  /** Handles the streams' errors from now on, and keeps a stalled terminal from blocking the process. */
  watch(): void {
    this.#areOne = isOneFile(this.#streams.stdout.fd, this.#streams.stderr.fd);
    for (const name of ['stdout', 'stderr'] as const) {
      const stream = this.#streams[name];
      stream.on('error', (error) => this.#failed(name, error));
      letWait(stream);
    }
  }

  /** Reports, once per stream, that its output is lost, and why. Returns a function that unsubscribes. */
  onLost(listener: (message: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  print(name: OutputName, text: string): void {
    const stream = this.#streams[name];
    if (stream.writableLength > mostWaitingBytes) {
      this.#tellLost(name, 'its reader has stopped reading');
      return;
    }
    try {
      stream.write(text);
    } catch (thrown) {
      this.#failed(name, thrown);
    }
  }

  /** Resolves when all output was written or lost; never resolves while a stream stalls. */
  async written(): Promise<void> {
    await Promise.all(
      Object.values(this.#streams).map(
        (stream) =>
          new Promise<void>((resolve) => {
            try {
              stream.write('', () => resolve());
            } catch {
              resolve();
            }
          }),
      ),
    );
  }

  #failed(name: OutputName, cause: unknown): void {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== undefined && goneCodes.includes(code)) {
      // Do not stop when only stderr has lost its reader: stdout may still have one.
      if (name === 'stdout' || this.#areOne) this.#readerGone.abort();
      return;
    }
    this.#tellLost(name, reasonOf(cause));
  }

  #tellLost(name: OutputName, reason: string): void {
    if (this.#lost.has(name)) return;
    this.#lost.add(name);
    const message = `Output on ${name} is lost: ${reason}.`;
    if (name === 'stdout') this.print('stderr', `warning: ${message}\n`);
    for (const listener of this.#listeners) listener(message);
  }
}

/** The error codes of a pipe or socket whose other end is closed. */
const goneCodes: readonly string[] = ['EPIPE', 'ECONNRESET', 'ERR_STREAM_DESTROYED'];

function isOneFile(one: number | undefined, other: number | undefined): boolean {
  if (one === undefined || other === undefined) return false;
  try {
    // Use big integers: Node 20 shares one buffer for the number form, and the next module look-up would read this
    // result as its own.
    const [a, b] = [fstatSync(one, { bigint: true }), fstatSync(other, { bigint: true })];
    return a.dev === b.dev && a.ino === b.ino;
  } catch {
    return false;
  }
}

/**
 * Makes writes to a terminal asynchronous. Node writes to terminals synchronously: a stalled one (Ctrl-S, a stuck
 * connection) would stop every call and even signal handling. Node reopens terminals for itself, so the shell's
 * descriptor keeps its mode; in case Node could not reopen one, the mode is restored at exit.
 */
function letWait(stream: GuardedStream): void {
  if (!stream.isTTY || process.platform === 'win32') return;
  const { _handle: handle } = stream as { readonly _handle?: { setBlocking?(blocking: boolean): void } };
  if (!handle?.setBlocking) return;
  handle.setBlocking(false);
  process.on('exit', () => handle.setBlocking?.(true));
}
