/**
 * All transports of the package. A new one needs its own folder and one line here; the compiler names the other places.
 */
import type { TransportDefinition } from './transport-definition.js';
import { twilioDefinition } from './twilio/twilio-definition.js';
import { webRtcDefinition } from './webrtc/webrtc-definition.js';

const definitions = [twilioDefinition, webRtcDefinition] as const;

export type TransportType = (typeof definitions)[number]['type'];

/** Definitions of all transports. */
export const transports: readonly TransportDefinition<TransportType>[] = definitions;

export const transportTypes: readonly TransportType[] = definitions.map(({ type }) => type);

/** The transport of a simulated caller if none is given. */
export const defaultTransport: TransportType = definitions[0].type;

/** The definition of a type. Throws a TypeError for an unknown type. */
export function transportOf(type: TransportType): TransportDefinition<TransportType> {
  const definition = transports.find((one) => one.type === type);
  if (!definition) throw new TypeError(`Unknown transport '${type}'.`);
  return definition;
}
