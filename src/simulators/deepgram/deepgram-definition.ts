import { simulatedKeys } from '../simulated-keys.js';
import type { SimulatorDefinition } from '../vendor-simulator.js';
import { startDeepgramSimulator } from './deepgram-simulator.js';

export const deepgramStt: SimulatorDefinition<'stt'> = {
  kind: 'stt',
  name: 'deepgram',
  apiKey: simulatedKeys.deepgram,
  start: (options) => startDeepgramSimulator(options),
};
