/** A stream that programs print to, such as `process.stdout`. */
export type Printable = Pick<NodeJS.WriteStream, 'write'>;

/**
 * Captures output to a stream, line by line, while the dashboard owns the terminal: a `console.log` in an agent belongs
 * in the log and would break the picture.
 */
export class CapturedOutput {
  readonly #stream: Printable;
  readonly #original: Printable['write'];
  readonly #onLine: (line: string) => void;
  #unfinished = '';

  /** Captures at once, until `release()`. */
  constructor(stream: Printable, onLine: (line: string) => void) {
    this.#stream = stream;
    this.#original = stream.write;
    this.#onLine = onLine;
    stream.write = (chunk: string | Uint8Array, ...more: unknown[]): boolean => {
      this.#take(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'));
      const callback = more.find((each) => typeof each === 'function') as (() => void) | undefined;
      if (callback) queueMicrotask(callback);
      return true;
    };
  }

  /** Lets the stream print again; an unfinished line counts as one. Idempotent. */
  release(): void {
    this.#stream.write = this.#original;
    if (this.#unfinished !== '') this.#onLine(this.#unfinished);
    this.#unfinished = '';
  }

  #take(text: string): void {
    const lines = (this.#unfinished + text).split('\n');
    // Cut overlong lines: output without line breaks must not fill the memory.
    this.#unfinished = (lines.pop() ?? '').slice(-longestLine);
    for (const line of lines) if (line.trim() !== '') this.#onLine(line);
  }
}

const longestLine = 10_000;
