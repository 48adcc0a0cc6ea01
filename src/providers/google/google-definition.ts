import { z } from 'zod';
import type { ConfigProblem } from '../../core/errors.js';
import { builtInProvider, type CloudConfig } from '../provider-definition.js';
import type { GeminiParameters } from './gemini-request.js';
import { googleLanguageModel, type GoogleOptions } from './google-language-model.js';
import { thinkingLevels } from './known-models.js';

/** A model on Google's Gemini API; key: GEMINI_API_KEY. */
export interface GoogleLlmConfig
  extends
    CloudConfig,
    GeminiParameters,
    Pick<GoogleOptions, 'model' | 'headers' | 'firstTokenTimeoutMs' | 'tokenTimeoutMs'> {
  readonly provider: 'google';
}

const text = z.string().min(1);
const milliseconds = z.number().positive();

export const googleLlm = builtInProvider<'llm', GoogleLlmConfig>({
  kind: 'llm',
  name: 'google',
  title: 'Google Gemini',
  key: {
    variable: 'GEMINI_API_KEY',
    baseUrlVariable: 'GEMINI_BASE_URL',
    page: 'https://aistudio.google.com/apikey',
    service: 'https://generativelanguage.googleapis.com',
  },
  fields: {
    model: text.optional(),
    temperature: z.number().min(0).max(2).optional(),
    topP: z.number().min(0).max(1).optional(),
    maxTokens: z.int().positive().optional(),
    thinkingLevel: z.enum(thinkingLevels).optional(),
    thinkingBudget: z.int().min(-1).optional(),
    toolChoice: z
      .union([z.enum(['auto', 'required', 'validated', 'none']), z.strictObject({ tool: text })])
      .optional(),
    serviceTier: z.enum(['standard', 'priority', 'flex']).optional(),
    safetySettings: z.array(z.strictObject({ category: text, threshold: text })).optional(),
    headers: z.record(z.string(), z.string()).optional(),
    extra: z.record(z.string(), z.unknown()).optional(),
    firstTokenTimeoutMs: milliseconds.optional(),
    tokenTimeoutMs: milliseconds.optional(),
  },
  // `headers` and `extra` are left out: they go to the service unchanged and may contain secrets.
  recordable: [
    'model',
    'temperature',
    'topP',
    'maxTokens',
    'thinkingLevel',
    'thinkingBudget',
    'toolChoice',
    'serviceTier',
    'safetySettings',
    'firstTokenTimeoutMs',
    'tokenTimeoutMs',
  ],
  prices: {
    asOf: '2026-07-30',
    source: 'https://ai.google.dev/gemini-api/docs/latest-model',
    // The page has no price of cached input, so that counts in full.
    models: { 'gemini-3.5-flash-lite': { inputPerMillion: 0.3, outputPerMillion: 2.5 } },
  },
  problemsOf: configProblems,
  create: (config, { clock }) => googleLanguageModel({ ...config, clock }),
});

function configProblems({
  baseUrl: url,
  thinkingLevel,
  thinkingBudget,
}: Pick<GoogleLlmConfig, 'baseUrl' | 'thinkingLevel' | 'thinkingBudget'>): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  if (thinkingLevel !== undefined && thinkingBudget !== undefined)
    problems.push({
      field: 'thinkingBudget',
      problem: 'cannot be combined with thinkingLevel.',
      remedy: 'Keep thinkingLevel for Gemini 3 and later, thinkingBudget for Gemini 2.5.',
    });
  if (url === undefined) return problems;
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url))
    problems.push({
      field: 'baseUrl',
      problem: 'is not an address.',
      remedy: "Write it like 'https://generativelanguage.googleapis.com'.",
    });
  else if (/\/openai\/?$/.test(new URL(url).pathname))
    problems.push({
      field: 'baseUrl',
      problem: "is that of Google's API for clients of OpenAI.",
      remedy: "Leave '/openai' out, or use { provider: 'openai' } with it.",
    });
  return problems;
}
