import { z } from 'zod';
import { builtInProvider, type CloudConfig } from '../provider-definition.js';
import { endpointProblems } from './endpoint-problems.js';
import { openAiLanguageModel } from './openai-language-model.js';
import type { OpenAiOptions } from './openai-options.js';
import { recordableOptions, sharedFields, type SharedOptions } from './option-fields.js';

/** A model on OpenAI's API or a compatible one; key: OPENAI_API_KEY. */
export interface OpenAiLlmConfig
  extends CloudConfig, SharedOptions, Pick<OpenAiOptions, 'model' | 'api' | 'parameters'> {
  readonly provider: 'openai';
}

export const openAiLlm = builtInProvider<'llm', OpenAiLlmConfig>({
  kind: 'llm',
  name: 'openai',
  title: 'OpenAI',
  key: {
    variable: 'OPENAI_API_KEY',
    baseUrlVariable: 'OPENAI_BASE_URL',
    page: 'https://platform.openai.com/api-keys',
    service: 'https://api.openai.com',
    isDefault: true,
  },
  fields: {
    model: z.string().min(1).optional(),
    api: z.enum(['chat', 'responses']).optional(),
    parameters: z.record(z.string(), z.unknown()).optional(),
    ...sharedFields,
  },
  recordable: ['model', 'api', ...recordableOptions],
  prices: {
    asOf: '2026-09-23',
    source: 'https://developers.openai.com/api/docs/models/gpt-6-luna',
    models: {
      // Prompts of up to 272,000 tokens; longer ones cost up to twice as much.
      'gpt-6-luna': {
        inputPerMillion: 0.1,
        cachedInputPerMillion: 0.01,
        cacheWritePerMillion: 0.125,
        outputPerMillion: 0.5,
      },
    },
  },
  problemsOf: endpointProblems,
  create: (config, { clock }) => openAiLanguageModel({ ...config, clock }),
});
