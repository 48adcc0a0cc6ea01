/** The median of the latest values, so a single bad measurement does not move it. */
export class RecentMedian {
  readonly #counted: number;
  readonly #values: number[] = [];
  #median: number | null = null;

  /** `counted`: number of latest values in the median. */
  constructor(counted: number) {
    this.#counted = counted;
  }

  /** Null before the first value. */
  get value(): number | null {
    return this.#median;
  }

  add(value: number): void {
    this.#values.push(value);
    if (this.#values.length > this.#counted) this.#values.shift();
    const sorted = [...this.#values].sort((a, b) => a - b);
    this.#median = sorted[sorted.length >> 1] ?? null;
  }

  /** Forgets all values. */
  clear(): void {
    this.#values.length = 0;
    this.#median = null;
  }
}
