import { z } from 'zod';
import type { ConfigProblem } from '../../core/errors.js';
import { builtInProvider, type CloudConfig } from '../provider-definition.js';
import {
  elevenLabsTextToSpeech,
  webSocketlessModel,
  type ElevenLabsOptions,
} from './elevenlabs-text-to-speech.js';
import { scribeProblems, type ScribeRecognition } from './scribe-request.js';
import { scribeSpeechToText } from './scribe-speech-to-text.js';

/** ElevenLabs' recogniser, Scribe in real time; key: ELEVENLABS_API_KEY. */
export interface ElevenLabsSttConfig extends CloudConfig, ScribeRecognition {
  readonly provider: 'elevenlabs';
}

/** ElevenLabs' voices; key: ELEVENLABS_API_KEY. */
export interface ElevenLabsTtsConfig
  extends
    CloudConfig,
    Pick<
      ElevenLabsOptions,
      | 'voiceId'
      | 'modelId'
      | 'languageCode'
      | 'voiceSettings'
      | 'pronunciationDictionaries'
      | 'seed'
      | 'applyTextNormalization'
      | 'connection'
      | 'extra'
    > {
  readonly provider: 'elevenlabs';
}

const text = z.string().min(1);
const share = z.number().min(0).max(1);

/** One key serves both kinds. */
const key = {
  variable: 'ELEVENLABS_API_KEY',
  baseUrlVariable: 'ELEVENLABS_BASE_URL',
  page: 'https://elevenlabs.io/app/settings/api-keys',
  service: 'https://api.elevenlabs.io',
};

export const elevenLabsStt = builtInProvider<'stt', ElevenLabsSttConfig>({
  kind: 'stt',
  name: 'elevenlabs',
  title: 'ElevenLabs',
  key,
  fields: {
    model: text.optional(),
    language: text.optional(),
    keyterms: z.array(text).optional(),
    timestamps: z.boolean().optional(),
    vad: z
      .strictObject({
        silenceThresholdSecs: z.number().optional(),
        threshold: z.number().optional(),
        minSpeechDurationMs: z.number().optional(),
        minSilenceDurationMs: z.number().optional(),
      })
      .optional(),
    noVerbatim: z.boolean().optional(),
    extra: z.record(text, z.union([z.string(), z.number(), z.boolean(), z.array(z.string())])).optional(),
  },
  recordable: ['model', 'language', 'keyterms', 'timestamps', 'vad', 'noVerbatim'],
  languageField: 'language',
  languageForm: 'primary',
  problemsOf: (config) => scribeProblems(config),
  create: (config, { clock }) => scribeSpeechToText({ ...config, clock }),
});

export const elevenLabsTts = builtInProvider<'tts', ElevenLabsTtsConfig>({
  kind: 'tts',
  name: 'elevenlabs',
  title: 'ElevenLabs',
  key: { ...key, isDefault: true },
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
    pronunciationDictionaries: z
      .array(z.strictObject({ id: text, versionId: text }))
      .max(3)
      .optional(),
    seed: z.number().int().min(0).max(4_294_967_295).optional(),
    applyTextNormalization: z.enum(['auto', 'on', 'off']).optional(),
    connection: z.enum(['websocket', 'http']).optional(),
    extra: z.record(text, z.union([z.string(), z.number(), z.boolean()])).optional(),
  },
  recordable: [
    'voiceId',
    'modelId',
    'languageCode',
    'voiceSettings',
    'pronunciationDictionaries',
    'seed',
    'applyTextNormalization',
    'connection',
  ],
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
