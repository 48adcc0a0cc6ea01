import { z } from 'zod';
import type { ConfigProblem } from '../../core/errors.js';
import { builtInProvider, type CloudConfig } from '../provider-definition.js';
import {
  elevenLabsTextToSpeech,
  webSocketlessModel,
  type ElevenLabsOptions,
} from './elevenlabs-text-to-speech.js';

/** ElevenLabs' voices; key: ELEVENLABS_API_KEY. */
export interface ElevenLabsTtsConfig
  extends
    CloudConfig,
    Pick<ElevenLabsOptions, 'voiceId' | 'modelId' | 'languageCode' | 'voiceSettings' | 'connection'> {
  readonly provider: 'elevenlabs';
}

const text = z.string().min(1);
const share = z.number().min(0).max(1);

export const elevenLabsTts = builtInProvider<'tts', ElevenLabsTtsConfig>({
  kind: 'tts',
  name: 'elevenlabs',
  title: 'ElevenLabs',
  key: {
    variable: 'ELEVENLABS_API_KEY',
    baseUrlVariable: 'ELEVENLABS_BASE_URL',
    page: 'https://elevenlabs.io/app/settings/api-keys',
    service: 'https://api.elevenlabs.io',
    isDefault: true,
  },
  fields: {
    voiceId: text.optional(),
    modelId: text.optional(),
    languageCode: text.optional(),
    voiceSettings: z
      .strictObject({
        stability: share.optional(),
        similarityBoost: share.optional(),
        style: share.optional(),
        useSpeakerBoost: z.boolean().optional(),
        speed: z.number().min(0.7).max(1.2).optional(),
      })
      .optional(),
    connection: z.enum(['websocket', 'http']).optional(),
  },
  recordable: ['voiceId', 'modelId', 'languageCode', 'voiceSettings', 'connection'],
  voice: { field: 'voiceId', isId: (name) => /^[A-Za-z\d]{20}$/.test(name) },
  languageField: 'languageCode',
  // It takes codes of ISO 639-1 (https://elevenlabs.io/docs/api-reference/text-to-speech/convert).
  languageForm: 'primary',
  problemsOf: connectionProblems,
  create: (config, { clock }) => elevenLabsTextToSpeech({ ...config, clock }),
});

function connectionProblems({
  modelId,
  connection,
}: Pick<ElevenLabsTtsConfig, 'modelId' | 'connection'>): readonly ConfigProblem[] {
  if (modelId !== webSocketlessModel || connection === 'http') return [];
  return [
    {
      field: 'modelId',
      problem: `'${webSocketlessModel}' is not offered over WebSockets.`,
      remedy: "Set connection: 'http', which is slower, or use 'eleven_flash_v2_5'.",
    },
  ];
}
