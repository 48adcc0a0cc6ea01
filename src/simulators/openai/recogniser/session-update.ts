/** Checks `session.update`. Source: the types of the vendor's SDK 6.49.0, and the reference of August 2026. */
import { z } from 'zod';
import type { AudioFormat } from '../../../audio/audio-frame.js';

/** Models for realtime transcription. Source: https://developers.openai.com/api/reference/resources/realtime */
export const transcriptionModels = [
  'gpt-live-transcribe',
  'gpt-transcribe',
  'gpt-realtime-whisper',
  'gpt-4o-transcribe',
  'gpt-4o-mini-transcribe',
  'whisper-1',
];

const language = z.string().regex(/^[a-z]{2,3}$/, 'not an ISO-639-1 code');

const schema = z.strictObject({
  type: z.literal('session.update'),
  event_id: z.string().optional(),
  session: z.strictObject({
    type: z.literal('transcription'),
    include: z.array(z.literal('item.input_audio_transcription.logprobs')).optional(),
    audio: z.strictObject({
      input: z.strictObject({
        format: z.union([
          z.strictObject({ type: z.literal('audio/pcm'), rate: z.literal(24_000) }),
          z.strictObject({ type: z.literal('audio/pcmu') }),
        ]),
        noise_reduction: z
          .strictObject({ type: z.enum(['near_field', 'far_field']) })
          .nullable()
          .optional(),
        transcription: z.strictObject({
          model: z.string(),
          language: language.optional(),
          languages: z.array(language).min(1).optional(),
          keywords: z.array(z.string().regex(/^[^<>\r\n]+$/, 'a forbidden character')).optional(),
          prompt: z.string().optional(),
          delay: z.enum(['minimal', 'low', 'medium', 'high', 'xhigh']).optional(),
        }),
        turn_detection: z.null(),
      }),
    }),
  }),
});

/** What a session recognises. */
export interface TranscriptionSession {
  readonly format: AudioFormat;
  readonly model: string;
  /** Whether words come while the caller speaks. */
  readonly isLive: boolean;
  /** As it was sent. */
  readonly input: z.infer<typeof schema>['session']['audio']['input'];
}

/** Why an update is refused, in OpenAI's form. */
export interface UpdateRefusal {
  readonly code: string;
  readonly message: string;
  readonly param: string;
}

/** Reads an update; returns the refusal of a wrong one. */
export function readUpdate(
  message: unknown,
  models: readonly string[],
): TranscriptionSession | UpdateRefusal {
  const parsed = schema.safeParse(message);
  if (!parsed.success) return refusalOf(parsed.error);
  const { input } = parsed.data.session.audio;
  const { model, language: one, languages, keywords, prompt } = input.transcription;
  const param = 'session.audio.input.transcription';
  if (!models.includes(model))
    return {
      code: 'model_not_found',
      message: `The model '${model}' does not exist.`,
      param: `${param}.model`,
    };
  const isNew = /^gpt-(?:live-)?transcribe/.test(model);
  const unsupported = (name: string): UpdateRefusal => ({
    ...{ code: 'unsupported_parameter', param: `${param}.${name}` },
    message: `'${name}' is not supported for this transcription model.`,
  });
  if (isNew && one !== undefined) return unsupported('language');
  if (!isNew && languages !== undefined) return unsupported('languages');
  if (!isNew && keywords !== undefined) return unsupported('keywords');
  if (model === 'gpt-realtime-whisper' && prompt !== undefined) return unsupported('prompt');
  return {
    format:
      input.format.type === 'audio/pcmu'
        ? { encoding: 'mulaw', sampleRateHz: 8000 }
        : { encoding: 'linear16', sampleRateHz: 24_000 },
    model,
    isLive: model === 'gpt-live-transcribe' || model === 'gpt-realtime-whisper',
    input,
  };
}

function refusalOf({ issues: [issue] }: z.ZodError): UpdateRefusal {
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const param = [...(issue?.path ?? []), ...(unknown === undefined ? [] : [unknown])].join('.');
  if (unknown !== undefined)
    return { code: 'unknown_parameter', message: `Unknown parameter: '${param}'.`, param };
  return { code: 'invalid_value', message: `Invalid '${param}': ${issue?.message ?? ''}.`, param };
}
