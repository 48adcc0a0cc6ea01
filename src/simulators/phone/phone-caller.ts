import type { SimulatedCaller } from '../../replay/caller.js';
import { routeUrl } from '../../relay-client/route-url.js';
import { phoneRateHz } from './simulated-phone-stream.js';
import { SimulatedPhone } from './simulated-phone.js';

/** Calls by phone, at the public address: Twilio signs its requests for that. */
export const phoneCaller: SimulatedCaller = {
  rateHz: phoneRateHz,
  create: ({ url, publicUrl = url, clock, onAudio, authToken, signal }) =>
    new SimulatedPhone({
      clock,
      listener: { onAudio },
      voiceUrl: routeUrl(publicUrl, '/twilio/voice').href,
      ...(authToken !== undefined && { authToken }),
      ...(signal && { signal }),
    }),
};
