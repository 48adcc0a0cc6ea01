import { simulatedKeys } from '../../simulated-keys.js';
import type { SimulatorDefinition } from '../../vendor-simulator.js';
import { startOpenAiVoiceSimulator } from './openai-voice-simulator.js';

/** OpenAI's voice. */
export const openAiTts: SimulatorDefinition<'tts'> = {
  kind: 'tts',
  name: 'openai',
  apiKey: simulatedKeys.openai,
  start: startOpenAiVoiceSimulator,
};
