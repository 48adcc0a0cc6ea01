import { z } from 'zod';
import type { ConfigProblem } from '../../../core/errors.js';
import { builtInProvider, type CloudConfig, type OwnFields } from '../../provider-definition.js';
import { serviceProblems } from '../audio/audio-service.js';
import { openAiTextToSpeech, openAiVoices, type OpenAiVoiceOptions } from './openai-text-to-speech.js';
import { isOwnVoice } from './speech-request.js';

/** OpenAI's voices; key: OPENAI_API_KEY. */
export interface OpenAiTtsConfig
  extends
    CloudConfig,
    Pick<
      OpenAiVoiceOptions,
      'model' | 'voice' | 'instructions' | 'speed' | 'extra' | 'firstAudioTimeoutMs' | 'audioTimeoutMs'
    > {
  readonly provider: 'openai';
}

const text = z.string().min(1);
const milliseconds = z.number().positive();

export const openAiTts = builtInProvider<'tts', OpenAiTtsConfig>({
  kind: 'tts',
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
    voice: text.optional(),
    instructions: text.optional(),
    speed: z.number().min(0.25).max(4).optional(),
    extra: z.record(z.string(), z.unknown()).optional(),
    firstAudioTimeoutMs: milliseconds.optional(),
    audioTimeoutMs: milliseconds.optional(),
  },
  // `extra` is left out: it goes to the server unchanged and may contain secrets.
  recordable: ['model', 'voice', 'instructions', 'speed', 'firstAudioTimeoutMs', 'audioTimeoutMs'],
  voice: { field: 'voice', names: openAiVoices, isId: isOwnVoice },
  problemsOf: (config) => [...serviceProblems(config), ...modelProblems(config)],
  create: (config, { clock }) => openAiTextToSpeech({ ...config, clock }),
});

function modelProblems({ model = '', instructions }: OwnFields<OpenAiTtsConfig>): readonly ConfigProblem[] {
  // https://developers.openai.com/api/docs/guides/text-to-speech
  if (model.startsWith('gpt-realtime'))
    return [
      {
        field: 'model',
        problem: `'${model}' is not served by the speech endpoint.`,
        remedy: "Use 'gpt-4o-mini-tts', or another provider.",
      },
    ];
  if (instructions === undefined || !/^tts-1(?:-|$)/.test(model)) return [];
  return [
    {
      field: 'instructions',
      problem: `are not understood by '${model}'.`,
      remedy: 'Leave them out, or name another model.',
    },
  ];
}
