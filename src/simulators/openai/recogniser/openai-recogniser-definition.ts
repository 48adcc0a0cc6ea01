import { simulatedKeys } from '../../simulated-keys.js';
import type { SimulatorDefinition } from '../../vendor-simulator.js';
import { startOpenAiRecogniserSimulator } from './openai-recogniser-simulator.js';

/** OpenAI's realtime transcription. */
export const openAiStt: SimulatorDefinition<'stt'> = {
  kind: 'stt',
  name: 'openai',
  apiKey: simulatedKeys.openai,
  start: startOpenAiRecogniserSimulator,
};
