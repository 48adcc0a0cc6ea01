/**
 * Keeps two threads from writing to the terminal at once. The painter passes the gate for each frame; the main thread
 * shuts it before it restores the terminal, so that no frame follows.
 */
export class FrameGate {
  /** Pass this to the other thread, which makes its own gate from it. */
  readonly memory: SharedArrayBuffer;
  readonly #state: Int32Array;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#state = new Int32Array(memory);
  }

  /** Runs `write` if the gate is open; returns whether it ran. */
  pass(write: () => void): boolean {
    if (Atomics.compareExchange(this.#state, 0, open, occupied) !== open) return false;
    try {
      write();
    } finally {
      // Keep it shut if shut() timed out meanwhile.
      Atomics.compareExchange(this.#state, 0, occupied, open);
      Atomics.notify(this.#state, 0);
    }
    return true;
  }

  /** Whether frames may not be written. */
  get isShut(): boolean {
    return Atomics.load(this.#state, 0) === shut;
  }

  /** Opens a shut gate. */
  reopen(): void {
    Atomics.compareExchange(this.#state, 0, shut, open);
  }

  /**
   * Shuts the gate until {@link reopen}. Blocks while a frame is being written, but not much longer than `timeoutMs`: a
   * stalled terminal must not keep the process from exiting.
   */
  shut(timeoutMs = 200): void {
    while (Atomics.compareExchange(this.#state, 0, open, shut) === occupied) {
      if (Atomics.wait(this.#state, 0, occupied, timeoutMs) === 'timed-out')
        Atomics.store(this.#state, 0, shut);
    }
  }
}

const open = 0;
const occupied = 1;
const shut = 2;
