import type { TransportDefinition } from '../transport-definition.js';

/** The only format of Media Streams, in both directions. */
export const twilioFormat = { encoding: 'mulaw', sampleRateHz: 8000 } as const;

/** Phone calls over Twilio Media Streams. */
export const twilioDefinition = {
  type: 'twilio',
  title: 'phone',
  way: 'by phone',
  plays: twilioFormat,
  hears: twilioFormat,
  asksAfterCall: true,
} as const satisfies TransportDefinition;
