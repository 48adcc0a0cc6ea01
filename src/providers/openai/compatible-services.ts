/** The services that have a name of their own in configs. */
import type { ServiceTraits } from './service-traits.js';

/** Source: https://console.groq.com/docs/openai */
export const groqService: ServiceTraits = {
  title: 'Groq',
  keyVariable: 'GROQ_API_KEY',
  baseUrlVariable: 'GROQ_BASE_URL',
  page: 'https://console.groq.com/keys',
  baseUrl: 'https://api.groq.com/openai/v1',
  path: '/openai/v1',
  lengthField: 'max_completion_tokens',
  check: 'listed_model',
  modelRemedy: () => 'Name one of https://console.groq.com/docs/models as llm.model.',
};

/** Source: https://openrouter.ai/docs/quickstart */
export const openRouterService: ServiceTraits = {
  title: 'OpenRouter',
  keyVariable: 'OPENROUTER_API_KEY',
  baseUrlVariable: 'OPENROUTER_BASE_URL',
  page: 'https://openrouter.ai/settings/credits',
  baseUrl: 'https://openrouter.ai/api/v1',
  path: '/api/v1',
  lengthField: 'max_tokens',
  check: 'key_record',
  modelRemedy: () =>
    "Name one of https://openrouter.ai/models as llm.model, with its maker, as in 'openai/gpt-6-luna'.",
};

/** Source: https://docs.ollama.com/api/openai-compatibility */
export const ollamaService: ServiceTraits = {
  title: 'Ollama',
  keyVariable: 'OLLAMA_API_KEY',
  baseUrlVariable: 'OLLAMA_BASE_URL',
  page: 'https://ollama.com/settings/keys',
  baseUrl: 'http://localhost:11434/v1',
  path: '/v1',
  lengthField: 'max_tokens',
  check: 'model',
  modelRemedy: (model) =>
    `Get it with 'ollama pull ${model}', or name one that 'ollama list' shows as llm.model.`,
  refusedRemedy: "Start it with 'ollama serve', or set OLLAMA_BASE_URL.",
};

/** Source: https://learn.microsoft.com/azure/ai-foundry/openai/latest */
export const azureService: ServiceTraits = {
  title: 'Azure OpenAI',
  keyVariable: 'AZURE_OPENAI_API_KEY',
  baseUrlVariable: 'AZURE_OPENAI_ENDPOINT',
  page: 'https://portal.azure.com',
  baseUrl: null,
  path: '/openai/v1',
  keyHeader: 'api-key',
  lengthField: 'max_completion_tokens',
  check: 'empty_request',
  modelRemedy: () => 'Write the name of a deployment, not of its model, as llm.model.',
};
