/** A set of weak references that can list the objects which are still alive, for example to close them. */
export class WeakCollection<T extends object> {
  readonly #references = new Set<WeakRef<T>>();
  readonly #collected = new FinalizationRegistry<WeakRef<T>>((reference) =>
    this.#references.delete(reference),
  );

  add(value: T): void {
    const reference = new WeakRef(value);
    this.#references.add(reference);
    this.#collected.register(value, reference);
  }

  /** The objects that are still alive, oldest first. */
  get living(): readonly T[] {
    return [...this.#references].flatMap((reference) => reference.deref() ?? []);
  }
}
