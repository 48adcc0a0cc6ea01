/** An item that waits for the connection: audio, or a flush of all audio before it. */
export type Unsent = Uint8Array | 'flush';

/** Queues audio and flushes while connecting. Beyond the limit the oldest audio is dropped. */
export class UnsentAudio {
  readonly #maxBytes: number;
  #items: Unsent[] = [];
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  push(item: Unsent): void {
    this.#items.push(item);
    if (item === 'flush') return;
    this.#bytes += item.length;
    while (this.#bytes > this.#maxBytes) this.#dropOldestAudio();
  }

  /** Returns all items and empties the queue. */
  take(): readonly Unsent[] {
    const items = this.#items;
    this.#items = [];
    this.#bytes = 0;
    return items;
  }

  #dropOldestAudio(): void {
    const index = this.#items.findIndex((item) => item !== 'flush');
    const [dropped] = this.#items.splice(index, 1);
    if (dropped !== undefined && dropped !== 'flush') this.#bytes -= dropped.length;
  }
}
