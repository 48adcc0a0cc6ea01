import { isObject } from '../shape.js';

/**
 * Lets go of what a vendor gave against its contract: closes it, also where it is a promise of it. Its failures change
 * nothing any more, and an unhandled one would end the process.
 */
export function discard(given: unknown): void {
  void closed(given);
}

async function closed(given: unknown): Promise<void> {
  try {
    const value = await given;
    if (isObject(value)) await (value as { readonly close?: () => unknown }).close?.();
  } catch {
    // See above.
  }
}
