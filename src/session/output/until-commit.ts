/** Calls that wait until the caller's turn is committed. */
export class UntilCommit {
  /** Null once the turn is committed. */
  #calls: (() => void)[] | null;

  /** `isEarly`: whether the turn is not committed yet. */
  constructor(isEarly: boolean) {
    this.#calls = isEarly ? [] : null;
  }

  /** Whether the turn is not committed yet. */
  get isWaiting(): boolean {
    return this.#calls !== null;
  }

  /** Keeps the call until the commit. Returns false if the turn is committed; then make the call now. */
  defers(call: () => void): boolean {
    this.#calls?.push(call);
    return this.#calls !== null;
  }

  /** Drops the waiting calls. */
  forget(): void {
    this.#calls?.splice(0);
  }

  /** Makes the waiting calls, in order. */
  commit(): void {
    const waiting = this.#calls ?? [];
    this.#calls = null;
    for (const call of waiting) call();
  }
}
