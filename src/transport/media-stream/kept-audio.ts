interface Chunk {
  readonly start: number;
  readonly bytes: Uint8Array;
}

/**
 * Audio by playout position: appended at the end, read anywhere, dropped from the front. It keeps the given bytes and
 * returns views of them, without copies.
 */
export class KeptAudio {
  #chunks: Chunk[] = [];
  #end = 0;

  /** Position of the first kept byte. */
  get start(): number {
    return this.#chunks[0]?.start ?? this.#end;
  }

  /** Position after the last byte. */
  get end(): number {
    return this.#end;
  }

  append(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#chunks.push({ start: this.#end, bytes });
    this.#end += bytes.length;
  }

  /** Up to `length` bytes from `position`; fewer at the end of an appended chunk, none outside the kept range. */
  read(position: number, length: number): Uint8Array {
    const chunk = this.#chunkAt(position);
    if (!chunk) return new Uint8Array(0);
    return chunk.bytes.subarray(position - chunk.start, position - chunk.start + length);
  }

  /** Drops whole chunks that end at or before `position`. */
  dropBefore(position: number): void {
    let count = 0;
    for (const chunk of this.#chunks) {
      if (chunk.start + chunk.bytes.length > position) break;
      count += 1;
    }
    if (count > 0) this.#chunks.splice(0, count);
  }

  /** Drops everything; positions continue. */
  dropAll(): void {
    this.#chunks = [];
  }

  #chunkAt(position: number): Chunk | undefined {
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const chunk = this.#chunks[middle];
      if (!chunk || position < chunk.start) high = middle - 1;
      else if (position >= chunk.start + chunk.bytes.length) low = middle + 1;
      else return chunk;
    }
    return undefined;
  }
}
