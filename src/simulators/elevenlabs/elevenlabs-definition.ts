import type { SimulatorDefinition } from '../vendor-simulator.js';
import { simulatedKeys } from '../simulated-keys.js';
import { startElevenLabsSimulator } from './elevenlabs-simulator.js';
import { startScribeSimulator } from './scribe-simulator.js';

/** ElevenLabs' voices. */
export const elevenLabsTts: SimulatorDefinition<'tts'> = {
  kind: 'tts',
  name: 'elevenlabs',
  apiKey: simulatedKeys.elevenlabs,
  start: startElevenLabsSimulator,
};

/** ElevenLabs' Scribe. */
export const elevenLabsStt: SimulatorDefinition<'stt'> = {
  kind: 'stt',
  name: 'elevenlabs',
  apiKey: simulatedKeys.elevenlabs,
  start: startScribeSimulator,
};
