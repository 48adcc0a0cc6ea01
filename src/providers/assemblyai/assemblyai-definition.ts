import { z } from 'zod';
import { builtInProvider, type CloudConfig } from '../provider-definition.js';
import { assemblyAiSpeechToText } from './assemblyai-speech-to-text.js';
import { recognitionProblems, type AssemblyAiRecognition } from './streaming-request.js';

/** AssemblyAI's Universal Streaming; key: ASSEMBLYAI_API_KEY. */
export interface AssemblyAiSttConfig extends CloudConfig, AssemblyAiRecognition {
  readonly provider: 'assemblyai';
}

const text = z.string().min(1);

export const assemblyAiStt = builtInProvider<'stt', AssemblyAiSttConfig>({
  kind: 'stt',
  name: 'assemblyai',
  title: 'AssemblyAI',
  key: {
    variable: 'ASSEMBLYAI_API_KEY',
    baseUrlVariable: 'ASSEMBLYAI_BASE_URL',
    page: 'https://www.assemblyai.com/app/api-keys',
    service: 'https://streaming.assemblyai.com',
  },
  fields: {
    model: text.optional(),
    language: text.optional(),
    languages: z.array(text).optional(),
    keyterms: z.array(text).optional(),
    formatTurns: z.boolean().optional(),
    endOfTurnConfidenceThreshold: z.number().optional(),
    minTurnSilenceMs: z.number().optional(),
    maxTurnSilenceMs: z.number().optional(),
    vadThreshold: z.number().optional(),
    filterProfanity: z.boolean().optional(),
    redactPii: z.boolean().optional(),
    extra: z.record(text, z.union([z.string(), z.number(), z.boolean(), z.array(z.string())])).optional(),
  },
  recordable: [
    'model',
    'language',
    'languages',
    'keyterms',
    'formatTurns',
    'endOfTurnConfidenceThreshold',
    'minTurnSilenceMs',
    'maxTurnSilenceMs',
    'vadThreshold',
    'filterProfanity',
    'redactPii',
  ],
  prices: {
    asOf: '2026-05-29',
    source: 'https://www.assemblyai.com/pricing.md',
    // By the hour there: $0.45 and $0.15.
    models: {
      'universal-3-5-pro': { perMinute: 0.0075 },
      'u3-rt-pro': { perMinute: 0.0075 },
      'universal-streaming-english': { perMinute: 0.0025 },
      'universal-streaming-multilingual': { perMinute: 0.0025 },
    },
  },
  languageField: 'language',
  languageForm: 'primary',
  problemsOf: (config) => recognitionProblems(config),
  create: (config, { clock }) => assemblyAiSpeechToText({ ...config, clock }),
});
