import { z } from 'zod';
import type { ConfigProblem } from '../../core/errors.js';
import { builtInProvider, type CloudConfig } from '../provider-definition.js';
import { anthropicLanguageModel, type AnthropicOptions } from './anthropic-language-model.js';

/** A model on Anthropic's Messages API or a compatible one; key: ANTHROPIC_API_KEY. */
export interface AnthropicLlmConfig
  extends
    CloudConfig,
    Pick<
      AnthropicOptions,
      | 'model'
      | 'maxTokens'
      | 'temperature'
      | 'topP'
      | 'reasoning'
      | 'serviceTier'
      | 'toolChoice'
      | 'promptCaching'
      | 'headers'
      | 'extra'
      | 'firstTokenTimeoutMs'
      | 'tokenTimeoutMs'
    > {
  readonly provider: 'anthropic';
}

const text = z.string().min(1);
const milliseconds = z.number().positive();

export const anthropicLlm = builtInProvider<'llm', AnthropicLlmConfig>({
  kind: 'llm',
  name: 'anthropic',
  title: 'Anthropic',
  key: {
    variable: 'ANTHROPIC_API_KEY',
    baseUrlVariable: 'ANTHROPIC_BASE_URL',
    page: 'https://console.anthropic.com/settings/keys',
    service: 'https://api.anthropic.com',
  },
  fields: {
    model: text.optional(),
    maxTokens: z.number().int().positive().optional(),
    temperature: z.number().min(0).max(1).optional(),
    topP: z.number().min(0).max(1).optional(),
    reasoning: z
      .union([z.enum(['off', 'low', 'medium', 'high', 'xhigh', 'max']), z.number().int().min(1024)])
      .optional(),
    serviceTier: z.enum(['auto', 'standard_only']).optional(),
    toolChoice: z.union([z.enum(['auto', 'any', 'none']), z.strictObject({ name: text })]).optional(),
    promptCaching: z.boolean().optional(),
    headers: z.record(text, z.string()).optional(),
    extra: z.record(z.string(), z.unknown()).optional(),
    firstTokenTimeoutMs: milliseconds.optional(),
    tokenTimeoutMs: milliseconds.optional(),
  },
  // `headers` and `extra` are left out: they go to the server unchanged and may contain secrets.
  recordable: [
    ...(['model', 'maxTokens', 'temperature', 'topP', 'reasoning', 'serviceTier', 'toolChoice'] as const),
    ...(['promptCaching', 'firstTokenTimeoutMs', 'tokenTimeoutMs'] as const),
  ],
  problemsOf: optionProblems,
  prices: {
    asOf: '2026-10-07',
    source: 'https://platform.claude.com/docs/en/models/haiku-5-5/overview',
    models: {
      // Prompts of up to 100,000 tokens; longer ones cost five times as much. Writes that are kept for 5 minutes.
      'claude-haiku-5-5': {
        inputPerMillion: 0.1,
        cachedInputPerMillion: 0.01,
        cacheWritePerMillion: 0.125,
        outputPerMillion: 0.5,
      },
      // Writes: https://platform.claude.com/docs/en/models/sonnet-5-5/overview
      'claude-sonnet-5-5': {
        inputPerMillion: 2,
        cachedInputPerMillion: 0.1,
        cacheWritePerMillion: 2.5,
        outputPerMillion: 10,
      },
    },
  },
  create: (config, { clock }) => anthropicLanguageModel({ ...config, clock }),
});

/** Options that the API refuses together. Source: https://platform.claude.com/docs/en/build-with-claude/thinking */
function optionProblems({
  temperature,
  topP,
  reasoning = 'off',
  toolChoice = 'auto',
  baseUrl,
}: Pick<
  AnthropicLlmConfig,
  'temperature' | 'topP' | 'reasoning' | 'toolChoice' | 'baseUrl'
>): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  if (baseUrl !== undefined && (!/^https?:\/\//i.test(baseUrl) || !URL.canParse(baseUrl)))
    problems.push({
      field: 'baseUrl',
      problem: 'is not an address.',
      remedy: "Write it like 'https://api.anthropic.com'.",
    });
  if (temperature !== undefined && topP !== undefined)
    problems.push({ field: 'topP', problem: 'cannot be used with temperature.', remedy: 'Leave one out.' });
  if (reasoning === 'off') return problems;
  if (temperature !== undefined)
    problems.push({
      field: 'temperature',
      problem: 'cannot be used with reasoning.',
      remedy: 'Leave one out.',
    });
  if (toolChoice === 'any' || typeof toolChoice === 'object')
    problems.push({
      field: 'toolChoice',
      problem: 'cannot force a tool with reasoning.',
      remedy: "Use 'auto', or leave reasoning out.",
    });
  return problems;
}
