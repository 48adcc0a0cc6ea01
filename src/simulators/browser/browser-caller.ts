import type { SimulatedCaller } from '../../replay/caller.js';
import { browserRateHz } from './simulated-browser-stream.js';
import { SimulatedBrowser } from './simulated-browser.js';

/** Calls from a browser. */
export const browserCaller: SimulatedCaller = {
  rateHz: browserRateHz,
  create: ({ url, clock, onAudio, token, network, signal }) =>
    new SimulatedBrowser({
      clock,
      listener: { onAudio },
      relayUrl: url,
      ...(token !== undefined && { token }),
      ...(network && { network }),
      ...(signal && { signal }),
    }),
};
