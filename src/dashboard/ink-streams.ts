/** What Ink takes for a terminal: streams in memory, so that it writes no byte by itself and touches no real one. */
import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';

/** Ink's screen. In its debug mode Ink writes each frame in full and in one piece, and nothing else. */
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
    // Ink uses no more of a terminal than this class has.
    return this as unknown as NodeJS.WriteStream;
  }
}

/** Ink's keyboard: the real one is in raw mode already, and what is typed there is written here. */
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
