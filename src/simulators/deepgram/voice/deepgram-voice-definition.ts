import { simulatedKeys } from '../../simulated-keys.js';
import type { SimulatorDefinition } from '../../vendor-simulator.js';
import { startDeepgramVoiceSimulator } from './deepgram-voice-simulator.js';

export const deepgramTts: SimulatorDefinition<'tts'> = {
  kind: 'tts',
  name: 'deepgram',
  apiKey: simulatedKeys.deepgram,
  start: (options) => startDeepgramVoiceSimulator(options),
};
