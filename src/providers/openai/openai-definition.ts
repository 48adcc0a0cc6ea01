import { z } from 'zod';
import type { ConfigProblem } from '../../core/errors.js';
import { builtInProvider, type CloudConfig } from '../provider-definition.js';
import { isAzureDeployment, isAzureResource } from './endpoint.js';
import { openAiLanguageModel, type OpenAiOptions } from './openai-language-model.js';

/** A model on OpenAI's API or a compatible one; key: OPENAI_API_KEY. */
export interface OpenAiLlmConfig
  extends
    CloudConfig,
    Pick<
      OpenAiOptions,
      | 'model'
      | 'api'
      | 'parameters'
      | 'messageShape'
      | 'opensInReasoning'
      | 'firstTokenTimeoutMs'
      | 'tokenTimeoutMs'
    > {
  readonly provider: 'openai';
}

const text = z.string().min(1);
const milliseconds = z.number().positive();

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
    model: text.optional(),
    api: z.enum(['chat', 'responses']).optional(),
    parameters: z.record(z.string(), z.unknown()).optional(),
    messageShape: z.enum(['open', 'strict', 'plain']).optional(),
    opensInReasoning: z.boolean().optional(),
    firstTokenTimeoutMs: milliseconds.optional(),
    tokenTimeoutMs: milliseconds.optional(),
  },
  // `parameters` are left out: they go to the server unchanged and may contain secrets.
  recordable: ['model', 'api', 'messageShape', 'opensInReasoning', 'firstTokenTimeoutMs', 'tokenTimeoutMs'],
  problemsOf: endpointProblems,
  create: (config, { clock }) => openAiLanguageModel({ ...config, clock }),
});

/** Problems of a model server's address. */
function endpointProblems({
  api,
  baseUrl: url,
}: Pick<OpenAiLlmConfig, 'api' | 'baseUrl'>): readonly ConfigProblem[] {
  if (url === undefined) return [];
  const problem = (what: string, remedy: string): readonly ConfigProblem[] => [
    { field: 'baseUrl', problem: what, remedy },
  ];
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url))
    return problem('is not an address.', "Write it like 'http://localhost:11434/v1'.");
  const parsed = new URL(url);
  if (isAzureResource(parsed))
    return problem(
      'is a resource at Azure without the path of its API.',
      `Write '${parsed.origin}/openai/v1', or '${parsed.origin}/openai/deployments/MODEL?api-version=2024-10-21'.`,
    );
  if (!isAzureDeployment(parsed)) return [];
  if (api === 'responses')
    return problem(
      'is a deployment at Azure, which has no Responses API.',
      "Write 'https://NAME.openai.azure.com/openai/v1', or leave api out.",
    );
  if (!parsed.searchParams.has('api-version'))
    return problem(
      'is a deployment at Azure without an api-version.',
      'Add it as the portal shows it, for example ?api-version=2024-10-21.',
    );
  return [];
}
