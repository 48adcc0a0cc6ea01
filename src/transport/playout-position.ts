import { TransportError } from '../core/errors.js';

/** Throws a TransportError if a playout position is not a number. */
export function requirePosition(positionSamples: number): void {
  if (Number.isFinite(positionSamples)) return;
  throw new TransportError(`A playout position must be a finite number of samples, not ${positionSamples}.`);
}
