import { z } from 'zod';
import type { ConfigProblem } from '../../core/errors.js';
import { builtInProvider, type CloudConfig } from '../provider-definition.js';
import { cartesiaSpeechToText } from './cartesia-speech-to-text.js';
import { isWhisper, modelOf, type CartesiaRecognition } from './cartesia-stt-messages.js';
import { cartesiaTextToSpeech, type CartesiaVoiceOptions } from './cartesia-text-to-speech.js';

/** Cartesia's voices; key: CARTESIA_API_KEY. */
export interface CartesiaTtsConfig
  extends
    CloudConfig,
    Pick<
      CartesiaVoiceOptions,
      | 'voiceId'
      | 'model'
      | 'language'
      | 'speed'
      | 'volume'
      | 'emotion'
      | 'pronunciationDictId'
      | 'maxBufferDelayMs'
      | 'extra'
    > {
  readonly provider: 'cartesia';
}

/** Cartesia's live recognition; key: CARTESIA_API_KEY. */
export interface CartesiaSttConfig extends CloudConfig, CartesiaRecognition {
  readonly provider: 'cartesia';
}

const text = z.string().min(1);
const key = {
  variable: 'CARTESIA_API_KEY',
  baseUrlVariable: 'CARTESIA_BASE_URL',
  page: 'https://play.cartesia.ai/keys',
  service: 'https://api.cartesia.ai',
};

export const cartesiaTts = builtInProvider<'tts', CartesiaTtsConfig>({
  kind: 'tts',
  name: 'cartesia',
  title: 'Cartesia',
  key,
  fields: {
    voiceId: text.optional(),
    model: text.optional(),
    language: text.optional(),
    speed: z.number().min(0.6).max(1.5).optional(),
    volume: z.number().min(0.5).max(2).optional(),
    emotion: text.optional(),
    pronunciationDictId: text.optional(),
    maxBufferDelayMs: z.number().int().min(0).max(5000).optional(),
    extra: z.record(z.string(), z.unknown()).optional(),
  },
  recordable: [
    ...(['voiceId', 'model', 'language', 'speed', 'volume', 'emotion'] as const),
    ...(['pronunciationDictId', 'maxBufferDelayMs'] as const),
  ],
  voice: {
    field: 'voiceId',
    isId: (name) => /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i.test(name),
  },
  languageField: 'language',
  languageForm: 'primary',
  create: (config, { clock }) => cartesiaTextToSpeech({ ...config, clock }),
});

export const cartesiaStt = builtInProvider<'stt', CartesiaSttConfig>({
  kind: 'stt',
  name: 'cartesia',
  title: 'Cartesia',
  key,
  fields: {
    model: text.optional(),
    language: text.optional(),
    keyterms: z.array(text).max(100).optional(),
    minVolume: z.number().min(0).max(1).optional(),
    maxSilenceSec: z.number().positive().optional(),
    extra: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]))
      .optional(),
  },
  recordable: ['model', 'language', 'keyterms', 'minVolume', 'maxSilenceSec'],
  languageField: 'language',
  languageForm: 'primary',
  problemsOf: whisperProblems,
  create: (config, { clock }) => cartesiaSpeechToText({ ...config, clock }),
});

/** Cartesia would ignore these options. */
function whisperProblems(config: CartesiaRecognition): readonly ConfigProblem[] {
  const model = modelOf(config);
  const ignored = isWhisper(model) ? (['keyterms'] as const) : (['minVolume', 'maxSilenceSec'] as const);
  const other = isWhisper(model) ? 'ink-2' : 'ink-whisper';
  return ignored.flatMap((field) =>
    config[field] === undefined
      ? []
      : [{ field, problem: `has no effect on '${model}'.`, remedy: `Leave it out, or use '${other}'.` }],
  );
}
