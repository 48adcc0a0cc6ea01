import { z } from 'zod';
import type { ConfigProblem } from '../../../core/errors.js';
import { builtInProvider, type CloudConfig } from '../../provider-definition.js';
import { extraParameters } from '../extra-parameters.js';
import { deepgramTextToSpeech } from './deepgram-voice.js';
import type { DeepgramVoiceOptions } from './speak-request.js';

/** Deepgram's Aura voices; key: DEEPGRAM_API_KEY. */
export interface DeepgramTtsConfig extends CloudConfig, DeepgramVoiceOptions {
  readonly provider: 'deepgram';
}

/** Parameters with an option of their own, or that the format decides. */
const ownParameters: Readonly<Record<string, string>> = {
  model: 'Use voice.',
  speed: 'Use speed.',
  mip_opt_out: 'Use mipOptOut.',
  encoding: 'The transport decides it.',
  sample_rate: 'The transport decides it.',
};

export const deepgramTts = builtInProvider<'tts', DeepgramTtsConfig>({
  kind: 'tts',
  name: 'deepgram',
  title: 'Deepgram',
  key: {
    variable: 'DEEPGRAM_API_KEY',
    baseUrlVariable: 'DEEPGRAM_BASE_URL',
    page: 'https://console.deepgram.com',
    service: 'https://api.deepgram.com',
  },
  fields: {
    voice: z.string().min(1).optional(),
    speed: z.number().min(0.7).max(1.5).optional(),
    mipOptOut: z.boolean().optional(),
    extra: extraParameters.optional(),
  },
  recordable: ['voice', 'speed', 'mipOptOut'],
  voice: { field: 'voice', isId: (name) => /^aura-[a-z\d-]+$/.test(name) },
  problemsOf: voiceProblems,
  create: (config, { clock }) => deepgramTextToSpeech({ ...config, clock }),
});

function voiceProblems({ voice = '', speed, extra = {} }: DeepgramVoiceOptions): ConfigProblem[] {
  const problems = Object.keys(extra)
    .filter((name) => Object.hasOwn(ownParameters, name))
    .map((name) => ({
      field: `extra.${name}`,
      problem: 'has an option of its own.',
      remedy: ownParameters[name] ?? '',
    }));
  if (voice.startsWith('flux-'))
    // https://developers.deepgram.com/docs/flux-tts/overview
    problems.push({
      field: 'voice',
      problem: `'${voice}' is a Flux voice, which speaks another wire.`,
      remedy: "Use an Aura voice, for example 'aura-2-thalia-en'.",
    });
  // https://developers.deepgram.com/docs/tts-voice-controls
  if (speed !== undefined && voice.startsWith('aura-') && !voice.startsWith('aura-2-'))
    problems.push({
      field: 'speed',
      problem: `is given, but '${voice}' has none.`,
      remedy: 'Use an Aura-2 voice, or leave speed out.',
    });
  return problems;
}
