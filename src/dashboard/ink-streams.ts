/** In-memory streams that stand in for Ink's terminal, so that Ink never touches the real one. */
import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';

/** Ink's screen. In debug mode Ink writes only complete frames, each in one piece. */
export class InkOutput extends EventEmitter {
  columns: number;
  readonly #onFrame: (frame: string) => void;

  constructor(columns: number, onFrame: (frame: string) => void) {
    super();
    this.columns = columns;
    this.#onFrame = onFrame;
  }

  write(frame: string): boolean {
    this.#onFrame(frame);
    return true;
  }

  asTerminal(): NodeJS.WriteStream {
    // Ink uses only these members of a terminal.
    return this as unknown as NodeJS.WriteStream;
  }
}

/** Ink's keyboard. The real one is in raw mode already; its input is written here. */
export class InkInput extends PassThrough {
  readonly isTTY = true;

  setRawMode(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  asTerminal(): NodeJS.ReadStream {
    return this as unknown as NodeJS.ReadStream;
  }
}
