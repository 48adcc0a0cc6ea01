/**
 * Keeps two threads from writing to one terminal at once, and one of them from writing ever again: the painter enters for
 * each frame; whoever restores the terminal shuts the gate first and knows that no frame follows.
 */
export class FrameGate {
  /** To be handed to the other thread, which makes its own gate of it. */
  readonly memory: SharedArrayBuffer;
  readonly #state: Int32Array;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#state = new Int32Array(memory);
  }

  /** Runs `write` unless the gate is shut or somebody is inside; says whether it ran. */
  pass(write: () => void): boolean {
    if (Atomics.compareExchange(this.#state, 0, open, occupied) !== open) return false;
    try {
      write();
    } finally {
      // Unless it was shut meanwhile, by somebody whose patience ended.
      Atomics.compareExchange(this.#state, 0, occupied, open);
      Atomics.notify(this.#state, 0);
    }
    return true;
  }

  /**
   * Shuts the gate for ever. Blocks while a frame is being written, but not much longer than `patienceMs`: a terminal that takes
   * nothing must not keep the process from ending.
   */
  shut(patienceMs = 200): void {
    while (Atomics.compareExchange(this.#state, 0, open, shut) === occupied) {
      if (Atomics.wait(this.#state, 0, occupied, patienceMs) === 'timed-out')
        Atomics.store(this.#state, 0, shut);
    }
  }
}

const open = 0;
const occupied = 1;
const shut = 2;
