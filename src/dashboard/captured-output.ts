/** A stream that programs print to: `process.stdout` and `process.stderr` are such. */
export type Printable = Pick<NodeJS.WriteStream, 'write'>;

/**
 * Takes what is printed to a stream while the dashboard has its terminal, line by line: a `console.log` in somebody's agent
 * belongs into the log and would tear the picture.
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
    // Without an end in sight the line is cut: what never ends must not be kept for ever.
    this.#unfinished = (lines.pop() ?? '').slice(-longestLine);
    for (const line of lines) if (line.trim() !== '') this.#onLine(line);
  }
}

const longestLine = 10_000;
