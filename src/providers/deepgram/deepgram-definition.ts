import { z } from 'zod';
import { builtInProvider, type CloudConfig } from '../provider-definition.js';
import { deepgramSpeechToText } from './deepgram-speech-to-text.js';
import { extraParameters } from './extra-parameters.js';
import type { DeepgramRecognition } from './listen-request.js';
import { recognitionProblems } from './recognition-problems.js';

/** Deepgram's live recognition; key: DEEPGRAM_API_KEY. */
export interface DeepgramSttConfig extends CloudConfig, DeepgramRecognition {
  readonly provider: 'deepgram';
}

const text = z.string().min(1);

export const deepgramStt = builtInProvider<'stt', DeepgramSttConfig>({
  kind: 'stt',
  name: 'deepgram',
  title: 'Deepgram',
  key: {
    variable: 'DEEPGRAM_API_KEY',
    baseUrlVariable: 'DEEPGRAM_BASE_URL',
    page: 'https://console.deepgram.com',
    service: 'https://api.deepgram.com',
    isDefault: true,
  },
  fields: {
    model: text.optional(),
    language: text.optional(),
    languages: z.array(text).optional(),
    keyterms: z.array(text).optional(),
    redact: z.array(text).optional(),
    replace: z.record(text, z.string()).optional(),
    numerals: z.boolean().optional(),
    profanityFilter: z.boolean().optional(),
    mipOptOut: z.boolean().optional(),
    tags: z.array(text).optional(),
    extra: extraParameters.optional(),
    punctuate: z.boolean().optional(),
    smartFormat: z.boolean().optional(),
    endpointingMs: z.number().optional(),
    utteranceEndMs: z.number().optional(),
    eagerEndOfTurnThreshold: z.number().optional(),
    endOfTurnThreshold: z.number().optional(),
    endOfTurnTimeoutMs: z.number().optional(),
  },
  recordable: [
    'model',
    'language',
    'languages',
    'keyterms',
    'redact',
    'numerals',
    'profanityFilter',
    'mipOptOut',
    'tags',
    'punctuate',
    'smartFormat',
    'endpointingMs',
    'utteranceEndMs',
    'eagerEndOfTurnThreshold',
    'endOfTurnThreshold',
    'endOfTurnTimeoutMs',
  ],
  languageField: 'language',
  problemsOf: (config) => recognitionProblems(config),
  create: (config, { clock }) => deepgramSpeechToText({ ...config, clock }),
});
