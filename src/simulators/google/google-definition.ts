import type { SimulatorDefinition } from '../vendor-simulator.js';
import { startGoogleSimulator } from './google-simulator.js';

/** The Gemini API, simulated. */
export const googleLlm: SimulatorDefinition<'llm'> = {
  kind: 'llm',
  name: 'google',
  apiKey: 'gm-simulated-3e7b90c5d1f8a624',
  start: (options) => startGoogleSimulator(options),
};
