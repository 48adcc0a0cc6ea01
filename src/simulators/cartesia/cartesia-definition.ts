import type { SimulatorDefinition } from '../vendor-simulator.js';
import { startCartesiaRecogniserSimulator } from './cartesia-recogniser-simulator.js';
import { startCartesiaVoiceSimulator } from './cartesia-voice-simulator.js';

/** The key of both simulated services. Every part of it is unique, so that a search for it finds leaks only. */
const apiKey = 'sk_car_simulated_6e27c4d9f10b835a';

/** The simulated voices of Cartesia. */
export const cartesiaTts: SimulatorDefinition<'tts'> = {
  kind: 'tts',
  name: 'cartesia',
  apiKey,
  start: startCartesiaVoiceSimulator,
};

/** The simulated recognition of Cartesia. */
export const cartesiaStt: SimulatorDefinition<'stt'> = {
  kind: 'stt',
  name: 'cartesia',
  apiKey,
  start: startCartesiaRecogniserSimulator,
};
