/** Limits how many different values a label gets: anyone can make values up, and each takes memory for good. */
export class BoundedValues {
  readonly #known = new Set<string>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  /** The value itself, or `other` once there are too many different ones. */
  of(value: string): string {
    if (this.#known.size < this.#most) this.#known.add(value);
    return this.#known.has(value) ? value : 'other';
  }
}
