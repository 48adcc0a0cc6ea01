type Listener = (report: unknown) => void;

/** The listeners of a call, by type. */
export class Listeners {
  readonly #all = new Map<string, Set<Listener>>();

  /** The returned function removes it. */
  add(type: string, listener: Listener): () => void {
    const ofType = this.#all.get(type) ?? new Set();
    this.#all.set(type, ofType.add(listener));
    return () => void ofType.delete(listener);
  }

  /** What a listener throws must not end a call: it is reported as uncaught. */
  tell(type: string, report: unknown): void {
    for (const listener of this.#all.get(type) ?? []) {
      try {
        listener(report);
      } catch (thrown) {
        reportError(thrown);
      }
    }
  }
}
