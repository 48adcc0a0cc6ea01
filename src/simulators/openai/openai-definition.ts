/** The simulated services that speak OpenAI's API. */
import { simulatedKeys } from '../simulated-keys.js';
import type { SimulatorDefinition, SimulatorOptionsOf } from '../vendor-simulator.js';
import {
  azureDialect,
  groqDialect,
  ollamaDialect,
  openAiDialect,
  openRouterDialect,
  type OpenAiDialect,
} from './openai-dialect.js';
import { startOpenAiSimulator, type OpenAiSimulator } from './openai-simulator.js';

export const openAiLlm = simulated('openai', simulatedKeys.openai, openAiDialect, {});
export const groqLlm = simulated('groq', 'gsk_simulated_c05d83aa', groqDialect);
export const openRouterLlm = simulated('openrouter', 'sk-or-v1-simulated-71fe02bd', openRouterDialect);
export const ollamaLlm = simulated('ollama', 'ollama-simulated-9a34e6f1', ollamaDialect);
export const azureOpenAiLlm = simulated('azure-openai', 'azure-simulated-b86c15d0', azureDialect);

/** A definition whose simulator also has the requests, as a test of this API needs them. */
export interface OpenAiDefinition extends SimulatorDefinition<'llm'> {
  start(options: SimulatorOptionsOf['llm']): Promise<OpenAiSimulator>;
}

function simulated(
  name: string,
  apiKey: string,
  dialect: OpenAiDialect,
  config: Readonly<Record<string, unknown>> = { model: dialect.models[0]?.id },
): OpenAiDefinition {
  return {
    ...{ kind: 'llm', name, apiKey, config },
    start: (options) => startOpenAiSimulator({ ...options, dialect }),
  };
}
