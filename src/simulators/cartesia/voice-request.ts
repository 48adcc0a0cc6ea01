import { z } from 'zod';

const rates = [8000, 16000, 22050, 24000, 44100, 48000];
const languageOf = z.string().min(2).optional();

const generation = z.strictObject({
  context_id: z.string().min(1),
  model_id: z.string().min(1),
  transcript: z.string(),
  voice: z.strictObject({ mode: z.literal('id'), id: z.string().min(1) }),
  output_format: z.strictObject({
    container: z.literal('raw'),
    encoding: z.enum(['pcm_f32le', 'pcm_s16le', 'pcm_mulaw', 'pcm_alaw']),
    sample_rate: z.number().refine((rate) => rates.includes(rate)),
  }),
  continue: z.boolean().optional(),
  flush: z.boolean().optional(),
  add_timestamps: z.boolean().optional(),
  add_phoneme_timestamps: z.boolean().optional(),
  use_normalized_timestamps: z.boolean().optional(),
  max_buffer_delay_ms: z.number().min(0).max(5000).optional(),
  language: languageOf,
  locale: languageOf,
  normalization: z.string().optional(),
  pronunciation_dict_id: z.string().optional(),
  generation_config: z
    .strictObject({
      speed: z.number().min(0.6).max(1.5).optional(),
      volume: z.number().min(0.5).max(2).optional(),
      emotion: z.string().optional(),
    })
    .optional(),
});
const cancellation = z.strictObject({ context_id: z.string().min(1), cancel: z.literal(true) });

/**
 * A client's message, by the rules of https://docs.cartesia.ai/api-reference/tts/websocket. Throws if it is none.
 */
export const voiceRequest = z.union([generation, cancellation]);
export type GenerationRequest = z.infer<typeof generation>;

/** The fields that all requests of a context must share: https://docs.cartesia.ai/use-the-api/tts-websocket/contexts */
export function sharedFields(request: GenerationRequest): string {
  return JSON.stringify({ ...request, transcript: undefined, continue: undefined, flush: undefined });
}
