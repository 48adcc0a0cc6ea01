/** Services that speak OpenAI's API, each with its key, its address and what it does differently. */
import { z } from 'zod';
import type { ConfigProblem } from '../../core/errors.js';
import { builtInProvider, type CloudConfig, type ProviderKey } from '../provider-definition.js';
import { azureService, groqService, ollamaService, openRouterService } from './compatible-services.js';
import { endpointProblems } from './endpoint-problems.js';
import { openAiLanguageModel, type OpenAiLanguageModel } from './openai-language-model.js';
import type { OpenAiOptions } from './openai-options.js';
import { recordableOptions, sharedFields, type SharedOptions } from './option-fields.js';
import type { ServiceTraits } from './service-traits.js';

interface CompatibleConfig extends CloudConfig, SharedOptions {
  /** The service's own name of the model. */
  readonly model: string;
}

/** A model on Groq; key: GROQ_API_KEY. */
export interface GroqLlmConfig extends CompatibleConfig {
  readonly provider: 'groq';
}

/** A model behind OpenRouter; key: OPENROUTER_API_KEY. */
export interface OpenRouterLlmConfig extends CompatibleConfig {
  readonly provider: 'openrouter';
  /** Your site's address; OpenRouter lists it with your app. */
  readonly siteUrl?: string;
  /** Your app's name. */
  readonly siteName?: string;
}

/** A model of an Ollama server, which needs no key. */
export interface OllamaLlmConfig extends CompatibleConfig {
  readonly provider: 'ollama';
}

/** A deployment at Azure OpenAI, its name as `model`; key: AZURE_OPENAI_API_KEY, address: AZURE_OPENAI_ENDPOINT. */
export interface AzureOpenAiLlmConfig extends CompatibleConfig, Pick<OpenAiOptions, 'api'> {
  readonly provider: 'azure-openai';
}

const model = z.string().min(1);
const fields = { model, ...sharedFields };
const recordable = ['model', ...recordableOptions] as const;

export const groqLlm = builtInProvider<'llm', GroqLlmConfig>({
  kind: 'llm',
  name: 'groq',
  title: groqService.title,
  key: keyOf(groqService),
  fields,
  recordable,
  prices: {
    asOf: '2026-10-01',
    source: 'https://console.groq.com/docs/models',
    // The page has no price of cached input, so that counts in full.
    models: {
      'openai/gpt-oss-120b': { inputPerMillion: 0.15, outputPerMillion: 0.6 },
      'openai/gpt-oss-20b': { inputPerMillion: 0.075, outputPerMillion: 0.3 },
      'qwen/qwen3.8-27b': { inputPerMillion: 0.8, outputPerMillion: 4 },
    },
  },
  problemsOf: (config) => [...endpointProblems(config), ...refusedByGroq(config)],
  create: (config, { clock }) => modelOf(groqService, { ...config, name: 'groq', clock }),
});

export const openRouterLlm = builtInProvider<'llm', OpenRouterLlmConfig>({
  kind: 'llm',
  name: 'openrouter',
  title: openRouterService.title,
  key: { ...keyOf(openRouterService), page: 'https://openrouter.ai/settings/keys' },
  fields: { ...fields, siteUrl: z.url().optional(), siteName: z.string().min(1).optional() },
  recordable: [...recordable, 'siteUrl', 'siteName'],
  problemsOf: endpointProblems,
  create: ({ siteUrl, siteName, ...config }, { clock }) => {
    // Source: https://openrouter.ai/docs/app-attribution
    const app = {
      ...(siteUrl !== undefined && { 'HTTP-Referer': siteUrl }),
      ...(siteName !== undefined && { 'X-Title': siteName }),
    };
    const headers = { ...app, ...config.headers };
    return modelOf(openRouterService, { ...config, headers, name: 'openrouter', clock });
  },
});

export const ollamaLlm = builtInProvider<'llm', OllamaLlmConfig>({
  kind: 'llm',
  name: 'ollama',
  title: ollamaService.title,
  key: { ...keyOf(ollamaService), isOptional: true },
  fields,
  recordable,
  problemsOf: endpointProblems,
  create: (config, { clock }) => modelOf(ollamaService, { ...config, name: 'ollama', clock }),
});

export const azureOpenAiLlm = builtInProvider<'llm', AzureOpenAiLlmConfig>({
  kind: 'llm',
  name: 'azure-openai',
  title: azureService.title,
  key: keyOf(azureService),
  fields: { ...fields, api: z.enum(['chat', 'responses']).optional() },
  recordable: [...recordable, 'api'],
  // The resource's address alone is enough here: the path of its API is known.
  problemsOf: (config) => endpointProblems(config, { needsPath: false }),
  create: (config, { clock }) => modelOf(azureService, { ...config, name: 'azure-openai', clock }),
});

function keyOf({ keyVariable, baseUrlVariable, page, baseUrl }: ServiceTraits): ProviderKey {
  return {
    variable: keyVariable,
    baseUrlVariable,
    page,
    ...(baseUrl !== null && { service: new URL(baseUrl).origin }),
  };
}

function modelOf(service: ServiceTraits, options: Omit<OpenAiOptions, 'service'>): OpenAiLanguageModel {
  return openAiLanguageModel({ ...options, service });
}

/** Fields that Groq answers with an error. Source: https://console.groq.com/docs/openai */
function refusedByGroq({ extra = {} }: Pick<GroqLlmConfig, 'extra'>): readonly ConfigProblem[] {
  const refused = ['logprobs', 'logit_bias', 'top_logprobs'].filter((name) => name in extra);
  if ('n' in extra && extra.n !== 1) refused.push('n');
  return refused.map((name) => ({
    field: `extra.${name}`,
    problem: name === 'n' ? 'is not 1, which Groq refuses.' : 'is refused by Groq.',
    remedy: 'Leave it out.',
  }));
}
