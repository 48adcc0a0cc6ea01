/** The running tools of all turns of a session. A model that is asked before they end would call them again. */
export class RunningTools {
  readonly #running = new Set<Promise<unknown>>();

  /** Whether any tool runs. */
  get some(): boolean {
    return this.#running.size > 0;
  }

  /** Tracks a tool until it settles; returns its promise. */
  follow<T>(tool: Promise<T>): Promise<T> {
    this.#running.add(tool);
    const forget = (): void => void this.#running.delete(tool);
    tool.then(forget, forget);
    return tool;
  }

  /** Resolves when no tool runs. */
  async ended(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled([...this.#running]);
  }
}
