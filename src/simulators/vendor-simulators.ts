/** All simulated vendors. To add one, write its folder, and add one line here. */
import type { ProviderKind } from '../core/errors.js';
import { deepgramStt } from './deepgram/deepgram-definition.js';
import { deepgramTts } from './deepgram/voice/deepgram-voice-definition.js';
import {
  azureOpenAiLlm,
  groqLlm,
  ollamaLlm,
  openAiLlm,
  openRouterLlm,
} from './openai/openai-definition.js';
import type { SimulatorDefinition } from './vendor-simulator.js';

type AnySimulator = { [Kind in ProviderKind]: SimulatorDefinition<Kind> }[ProviderKind];

export const vendorSimulators: readonly AnySimulator[] = [
  deepgramStt,
  deepgramTts,
  openAiLlm,
  groqLlm,
  openRouterLlm,
  ollamaLlm,
  azureOpenAiLlm,
];

/** The simulators of a kind. */
export function simulatorsOf<Kind extends ProviderKind>(kind: Kind): readonly SimulatorDefinition<Kind>[] {
  return vendorSimulators.filter((one): one is AnySimulator & SimulatorDefinition<Kind> => one.kind === kind);
}
