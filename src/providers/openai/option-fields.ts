import { z } from 'zod';
import type { OpenAiOptions } from './openai-options.js';

/** The options that the config of every service with OpenAI's API has, besides the model. */
export type SharedOptions = Pick<
  OpenAiOptions,
  | 'temperature'
  | 'maxTokens'
  | 'reasoningEffort'
  | 'serviceTier'
  | 'toolChoice'
  | 'headers'
  | 'extra'
  | 'messageShape'
  | 'opensInReasoning'
  | 'firstTokenTimeoutMs'
  | 'tokenTimeoutMs'
>;

const text = z.string().min(1);
const milliseconds = z.number().positive();

/** The schemas of these options. */
export const sharedFields = {
  temperature: z.number().min(0).max(2).optional(),
  maxTokens: z.number().int().positive().optional(),
  reasoningEffort: text.optional(),
  serviceTier: text.optional(),
  toolChoice: z.union([z.enum(['auto', 'none', 'required']), z.strictObject({ name: text })]).optional(),
  headers: z.record(z.string(), z.string()).optional(),
  extra: z.record(z.string(), z.unknown()).optional(),
  messageShape: z.enum(['open', 'strict', 'plain']).optional(),
  opensInReasoning: z.boolean().optional(),
  firstTokenTimeoutMs: milliseconds.optional(),
  tokenTimeoutMs: milliseconds.optional(),
};

/** Those that a recording may keep. `headers` and `extra` go to the server unchanged and may contain secrets. */
export const recordableOptions = [
  'temperature',
  'maxTokens',
  'reasoningEffort',
  'serviceTier',
  'toolChoice',
  'messageShape',
  'opensInReasoning',
  'firstTokenTimeoutMs',
  'tokenTimeoutMs',
] as const;
