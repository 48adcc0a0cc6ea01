/** All simulated vendors. To add one, write its folder, and add one line here. */
import type { ProviderKind } from '../core/errors.js';
import { anthropicLlm } from './anthropic/anthropic-definition.js';
import { assemblyAiStt } from './assemblyai/assemblyai-definition.js';
import { cartesiaStt, cartesiaTts } from './cartesia/cartesia-definition.js';
import { deepgramStt } from './deepgram/deepgram-definition.js';
import { deepgramTts } from './deepgram/voice/deepgram-voice-definition.js';
import { elevenLabsStt, elevenLabsTts } from './elevenlabs/elevenlabs-definition.js';
import { googleLlm } from './google/google-definition.js';
import { azureOpenAiLlm, groqLlm, ollamaLlm, openAiLlm, openRouterLlm } from './openai/openai-definition.js';
import { openAiStt } from './openai/recogniser/openai-recogniser-definition.js';
import { openAiTts } from './openai/voice/openai-voice-definition.js';
import type { SimulatorDefinition } from './vendor-simulator.js';

type AnySimulator = { [Kind in ProviderKind]: SimulatorDefinition<Kind> }[ProviderKind];

/** The usual ones come first, in each kind. */
export const vendorSimulators: readonly AnySimulator[] = [
  ...[deepgramStt, assemblyAiStt, cartesiaStt, elevenLabsStt, openAiStt],
  ...[openAiLlm, anthropicLlm, googleLlm, groqLlm, openRouterLlm, ollamaLlm, azureOpenAiLlm],
  ...[elevenLabsTts, cartesiaTts, deepgramTts, openAiTts],
];

/** The simulators of a kind. */
export function simulatorsOf<Kind extends ProviderKind>(kind: Kind): readonly SimulatorDefinition<Kind>[] {
  return vendorSimulators.filter((one): one is AnySimulator & SimulatorDefinition<Kind> => one.kind === kind);
}
