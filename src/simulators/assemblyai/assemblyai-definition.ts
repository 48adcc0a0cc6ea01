import type { SimulatorDefinition } from '../vendor-simulator.js';
import { startAssemblyAiSimulator } from './assemblyai-simulator.js';

/** AssemblyAI's Universal Streaming. */
export const assemblyAiStt: SimulatorDefinition<'stt'> = {
  kind: 'stt',
  name: 'assemblyai',
  apiKey: 'aai-simulated-61d7f0c29be84a35',
  start: startAssemblyAiSimulator,
};
