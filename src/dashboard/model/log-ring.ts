/**
 * The latest items of a stream, as an immutable value of bounded size. Adding an item copies one small block and shares the
 * rest, so that hundreds of lines a second cost next to nothing.
 */
export interface LogRing<T> {
  /** In order; all but the last are full. */
  readonly blocks: readonly (readonly T[])[];
  readonly maxBlocks: number;
  readonly length: number;
}

const blockLength = 100;

/** An empty ring that keeps the latest `capacity` items, and up to one block more. */
export function emptyRing<T>(capacity: number): LogRing<T> {
  return { blocks: [], maxBlocks: Math.ceil(capacity / blockLength) + 1, length: 0 };
}

export function ringWith<T>(ring: LogRing<T>, item: T): LogRing<T> {
  const { blocks, maxBlocks, length } = ring;
  const last = blocks.at(-1);
  if (last && last.length < blockLength)
    return { blocks: blocks.with(-1, [...last, item]), maxBlocks, length: length + 1 };
  const full = blocks.length === maxBlocks;
  return {
    blocks: [...(full ? blocks.slice(1) : blocks), [item]],
    maxBlocks,
    length: length + 1 - (full ? blockLength : 0),
  };
}

/** The items from the latest to the oldest. */
export function* latestFirst<T>({ blocks }: LogRing<T>): Generator<T, void> {
  for (const block of blocks.toReversed()) for (const item of block.toReversed()) yield item;
}
