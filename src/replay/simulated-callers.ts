/** The simulated caller of each transport. */
import type { TransportType } from '../transport/registry.js';
import { browserCaller } from '../simulators/browser/browser-caller.js';
import { phoneCaller } from '../simulators/phone/phone-caller.js';
import type { SimulatedCaller } from './caller.js';

export const simulatedCallers: Readonly<Record<TransportType, SimulatedCaller>> = {
  twilio: phoneCaller,
  webrtc: browserCaller,
};
