/** How services that speak OpenAI's API differ on the wire. */
import type { SentError } from './openai-http.js';
import { currentModels, type SimulatedModel } from './openai-models.js';

type Fields = Readonly<Record<string, unknown>>;

/** One chunk of a chat completion; the first choice is its only one. */
export interface ChatChunk extends Fields {
  readonly choices: readonly Fields[];
}

export interface OpenAiDialect {
  /** The API's path. */
  readonly path: string;
  /** The header with the key; null if the service needs no key. */
  readonly keyHeader: 'authorization' | 'api-key' | null;
  readonly models: readonly SimulatedModel[];
  /** Whether `GET /models/{model}` finds the models of requests. */
  readonly hasModelRoute: boolean;
  /** Whether a request without messages is a check of key and model. */
  readonly checksWithoutMessages: boolean;
  /** Whether `GET /key` tells of the key. */
  readonly hasKeyRoute: boolean;
  /** Why a request's body is refused; null if it is not. */
  refusal(body: Fields): string | null;
  errorBody(error: SentError): object;
  unknownModel(model: string): SentError;
  /** When the usage is sent. */
  readonly usage: 'if_asked' | 'always';
  /** Whether it tells what came from the cache and what was reasoning. */
  readonly usageTells: 'all' | 'totals';
  /** Server-sent events in front of the answer. */
  readonly prelude: string;
  /** A chunk as this service sends it; `usage` is known in the last one with a choice. */
  chunk(chunk: ChatChunk, usage: Fields | null): object;
  /** The fields of the chunk behind the answer that has the usage. */
  usageChunk(usage: Fields): { readonly choices: readonly object[]; readonly usage: object };
  /** An error in the middle of a stream. */
  streamError(): object;
}

const refusesNothing = (): null => null;
const failure = 'The server had an error while processing your request.';

export const openAiDialect: OpenAiDialect = {
  path: '/v1',
  keyHeader: 'authorization',
  models: currentModels,
  hasModelRoute: true,
  checksWithoutMessages: false,
  hasKeyRoute: false,
  refusal: refusesNothing,
  errorBody: ({ status, code, message }) => ({
    error: { message, type: errorType(status), param: null, code },
  }),
  unknownModel: (model) => ({
    status: 404,
    code: 'model_not_found',
    message: `The model \`${model}\` does not exist or you do not have access to it.`,
  }),
  usage: 'if_asked',
  usageTells: 'all',
  prelude: '',
  chunk: (chunk) => chunk,
  usageChunk: (usage) => ({ choices: [], usage }),
  streamError: () => ({ error: { type: 'server_error', code: null, message: failure, param: null } }),
};

/**
 * Groq. Sources: https://console.groq.com/docs/openai (refused fields), https://console.groq.com/docs/errors (498, bodies),
 * Portkey-AI/gateway issue 1338 and vercel/ai issue 1651 (`x_groq`)
 */
export const groqDialect: OpenAiDialect = {
  ...openAiDialect,
  path: '/openai/v1',
  models: models('openai/gpt-oss-120b', 'llama-3.3-70b-versatile'),
  refusal: (body) => {
    const refused = ['logprobs', 'logit_bias', 'top_logprobs'].find((name) => name in body);
    if (refused !== undefined) return `property '${refused}' is unsupported`;
    return 'n' in body && body.n !== 1 ? "'n' : number must be at most 1" : null;
  },
  errorBody: ({ status, code, message }) => ({
    error: { message, type: errorType(status), code: status === 498 ? 'capacity_exceeded' : code },
  }),
  chunk: (chunk, usage) => ({
    ...chunk,
    ...(isFirst(chunk) && { x_groq: { id: 'req_simulated' } }),
    ...(usage && { x_groq: { id: 'req_simulated', usage } }),
  }),
};

/**
 * OpenRouter. Sources: https://openrouter.ai/docs/api/reference/streaming (comments),
 * https://openrouter.ai/docs/api/reference/errors-and-debugging (bodies, errors in a stream) and
 * https://openrouter.ai/docs/use-cases/usage-accounting (usage in every stream, `cost`)
 */
export const openRouterDialect: OpenAiDialect = {
  ...openAiDialect,
  path: '/api/v1',
  models: models('openai/gpt-oss-120b', 'meta-llama/llama-3.3-70b-instruct'),
  hasModelRoute: false,
  hasKeyRoute: true,
  errorBody: ({ status, message }) => ({
    error: { code: status, message: statusWords[status] ?? message },
    user_id: 'user_simulated',
  }),
  unknownModel: (model) => ({ status: 400, code: null, message: `${model} is not a valid model ID` }),
  usage: 'always',
  prelude: ': OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n',
  chunk: (chunk) => ({
    ...chunk,
    provider: 'Simulated',
    choices: chunk.choices.map((choice) => ({
      ...choice,
      native_finish_reason: choice.finish_reason ?? null,
    })),
  }),
  usageChunk: (usage) => ({
    choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null, logprobs: null }],
    usage: { ...usage, cost: 0.00014, is_byok: false, cost_details: { upstream_inference_cost: null } },
  }),
  streamError: () => ({
    ...{ id: 'gen-simulated', object: 'chat.completion.chunk', provider: 'Simulated' },
    error: {
      code: 502,
      message: 'Provider disconnected unexpectedly',
      metadata: { provider_name: 'Simulated' },
    },
    choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error' }],
  }),
};

/** Ollama. Source: openai/openai.go and middleware/openai.go of ollama/ollama */
export const ollamaDialect: OpenAiDialect = {
  ...openAiDialect,
  keyHeader: null,
  models: models('llama3.2', 'qwen3:4b'),
  errorBody: ({ status, message }) => ({
    error: { message, type: ollamaTypes[status] ?? 'api_error', param: null, code: null },
  }),
  unknownModel: (model) => ({ status: 404, code: null, message: `model '${model}' not found` }),
  chunk: ({ choices, ...chunk }) => ({
    ...chunk,
    system_fingerprint: 'fp_ollama',
    choices: choices.map(({ index, delta, finish_reason }) => ({
      ...{ index, delta: { role: 'assistant', content: '', ...(delta as object) }, finish_reason },
    })),
  }),
  usageTells: 'totals',
  usageChunk: ({ prompt_tokens, completion_tokens, total_tokens }) => ({
    choices: [],
    usage: { prompt_tokens, completion_tokens, total_tokens },
  }),
  streamError: () => ({
    error: { message: 'an error was encountered while running the model', type: 'api_error' },
  }),
};

const safe = { filtered: false, severity: 'safe' };
const filterResults = { hate: safe, self_harm: safe, sexual: safe, violence: safe };

/**
 * Azure OpenAI's v1 API. Sources: https://learn.microsoft.com/azure/ai-foundry/openai/latest (`api-key`, path),
 * AbanteAI/archive-old-cli-mentat issue 429 (the first chunk), langchain4j/langchain4j issue 2385 (filter results of choices),
 * langchain-ai/langchain issue 18977 (a choice without a delta), microsoft/semantic-kernel issue 5319 (unknown deployments)
 */
export const azureDialect: OpenAiDialect = {
  ...openAiDialect,
  path: '/openai/v1',
  keyHeader: 'api-key',
  models: models('desk', 'desk-fast'),
  hasModelRoute: false,
  checksWithoutMessages: true,
  errorBody: ({ status, code, message }) => ({
    error: {
      code: code === 'invalid_api_key' ? '401' : (code ?? String(status)),
      message:
        code === 'invalid_api_key'
          ? 'Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active subscription and use a correct regional API endpoint for your resource.'
          : message,
    },
  }),
  unknownModel: () => ({
    status: 404,
    code: 'DeploymentNotFound',
    message:
      'The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, please wait a moment and try again.',
  }),
  prelude: `data: ${JSON.stringify({
    ...{ id: '', choices: [], created: 0, model: '', object: '' },
    prompt_filter_results: [{ prompt_index: 0, content_filter_results: filterResults }],
  })}\n\n`,
  chunk: (chunk) => ({
    ...chunk,
    choices: chunk.choices.map((choice) => ({ ...choice, content_filter_results: filterResults })),
  }),
};

/** What the services say about these statuses, whatever the request. */
const statusWords: Readonly<Record<number, string>> = {
  401: 'User not found.',
  402: 'Insufficient credits. Add more using https://openrouter.ai/settings/credits',
};
const ollamaTypes: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  404: 'not_found_error',
};

function models(...ids: readonly string[]): SimulatedModel[] {
  return ids.map((id) => ({ id, shutdownDate: null }));
}

function isFirst({ choices }: ChatChunk): boolean {
  const delta = choices[0]?.delta as Fields | undefined;
  return delta !== undefined && 'role' in delta;
}

function errorType(status: number): string {
  if (status === 429) return 'requests';
  return status < 500 ? 'invalid_request_error' : 'server_error';
}
