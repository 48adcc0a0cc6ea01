/** The tools that run in a session, of whatever turn: a model that is asked before they end would call them again. */
export class RunningTools {
  readonly #running = new Set<Promise<unknown>>();

  /** Follows a tool to its end; gives its promise back. */
  follow<T>(tool: Promise<T>): Promise<T> {
    this.#running.add(tool);
    const forget = (): void => void this.#running.delete(tool);
    tool.then(forget, forget);
    return tool;
  }

  /** Resolves when none runs. */
  async ended(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled([...this.#running]);
  }
}
