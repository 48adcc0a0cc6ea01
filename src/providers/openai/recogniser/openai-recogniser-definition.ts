import { z } from 'zod';
import { builtInProvider, type CloudConfig } from '../../provider-definition.js';
import { serviceProblems } from '../audio/audio-service.js';
import { openAiSpeechToText, type OpenAiRecogniserOptions } from './openai-speech-to-text.js';
import { recognitionProblems, type OpenAiRecognition } from './recognition.js';

/** OpenAI's realtime transcription; key: OPENAI_API_KEY. */
export interface OpenAiSttConfig
  extends
    CloudConfig,
    OpenAiRecognition,
    Pick<OpenAiRecogniserOptions, 'connectTimeoutMs' | 'flushTimeoutMs'> {
  readonly provider: 'openai';
}

const text = z.string().min(1);
const milliseconds = z.number().positive();

export const openAiStt = builtInProvider<'stt', OpenAiSttConfig>({
  kind: 'stt',
  name: 'openai',
  title: 'OpenAI',
  key: {
    variable: 'OPENAI_API_KEY',
    baseUrlVariable: 'OPENAI_BASE_URL',
    page: 'https://platform.openai.com/api-keys',
    service: 'https://api.openai.com',
  },
  fields: {
    model: text.optional(),
    language: z.union([text, z.array(text).min(1)]).optional(),
    prompt: text.optional(),
    keyterms: z.array(text).min(1).optional(),
    delay: z.enum(['minimal', 'low', 'medium', 'high', 'xhigh']).optional(),
    noiseReduction: z.enum(['near_field', 'far_field']).optional(),
    extra: z.record(z.string(), z.unknown()).optional(),
    connectTimeoutMs: milliseconds.optional(),
    flushTimeoutMs: milliseconds.optional(),
  },
  // `extra` is left out: it goes to the server unchanged and may contain secrets.
  recordable: [
    ...(['model', 'language', 'prompt', 'keyterms', 'delay', 'noiseReduction'] as const),
    ...(['connectTimeoutMs', 'flushTimeoutMs'] as const),
  ],
  prices: {
    asOf: '2026-09-13',
    source: 'https://developers.openai.com/api/docs/models/gpt-live-transcribe',
    models: {
      'gpt-live-transcribe': { perMinute: 0.017 },
      // https://developers.openai.com/api/docs/models/gpt-transcribe
      'gpt-transcribe': { perMinute: 0.0045 },
    },
  },
  languageField: 'language',
  languageForm: 'primary',
  problemsOf: (config) => [...serviceProblems(config), ...recognitionProblems(config)],
  create: (config, { clock }) => openAiSpeechToText({ ...config, clock }),
});
