import { z } from 'zod';
import { builtInProvider, type CloudConfig } from '../provider-definition.js';
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
  create: (config, { clock }) => cartesiaTextToSpeech({ ...config, clock }),
});
