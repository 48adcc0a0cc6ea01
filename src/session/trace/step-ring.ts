import type { TraceStep } from './session-trace.js';

/** Ring buffer of a state machine's latest steps. Keeps references: adding a step copies no state. */
export class StepRing {
  readonly #capacity: number;
  readonly #steps: TraceStep[] = [];
  #taken = 0;

  /** `capacity`: number of steps to keep. */
  constructor(capacity = 500) {
    this.#capacity = capacity;
  }

  /** Number of steps that were overwritten. */
  get dropped(): number {
    return this.#taken - this.#steps.length;
  }

  /** The kept steps, oldest first. */
  get steps(): readonly TraceStep[] {
    const oldest = this.#taken % this.#capacity;
    if (this.#taken <= this.#capacity) return [...this.#steps];
    return [...this.#steps.slice(oldest), ...this.#steps.slice(0, oldest)];
  }

  add(step: Omit<TraceStep, 'step'>): void {
    this.#steps[this.#taken % this.#capacity] = { step: ++this.#taken, ...step };
  }
}
