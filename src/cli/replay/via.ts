/** `--via`: how a replay calls. */
import { transportTypes, type TransportType } from '../../transport/registry.js';

/** A transport, or all of them in turn. */
export type Via = TransportType | 'both';

/** The values of `--via`. */
export const viaChoices: readonly Via[] = [...transportTypes, 'both'];

/** The transports of a `--via` value, in calling order. */
export function transportsOf(via: Via): readonly TransportType[] {
  return via === 'both' ? transportTypes : [via];
}
