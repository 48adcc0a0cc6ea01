import type { SimulatorDefinition } from '../vendor-simulator.js';
import { startAnthropicSimulator } from './anthropic-simulator.js';

/** The simulated Anthropic. */
export const anthropicLlm: SimulatorDefinition<'llm'> = {
  kind: 'llm',
  name: 'anthropic',
  apiKey: 'sk-ant-simulated-7c15e9b04da8f236',
  start: (options) => startAnthropicSimulator(options),
};
