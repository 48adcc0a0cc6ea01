/** Checks the query of `/v3/ws`. Source: https://www.assemblyai.com/docs/api-reference/streaming-api/universal-streaming. */
import { z } from 'zod';
import type { AudioFormat } from '../../audio/audio-frame.js';

/** Models of `StreamingSpeechModel` in the vendor's SDK 4.41.5. */
export const streamingModels = [
  'universal-streaming-english',
  'universal-streaming-multilingual',
  'u3-rt-pro',
  'whisper-rt',
  'universal-3-5-pro',
  'universal-3-6',
  'universal-3-6-pro',
];

const flag = z.enum(['true', 'false']).optional();
const text = z.string().min(1).optional();

function between(least: number, most: number): z.ZodOptional<z.ZodString> {
  const isInside = (value: string): boolean => Number(value) >= least && Number(value) <= most;
  return z.string().min(1).refine(isInside, `not between ${least} and ${most}`).optional();
}

function list(most: number, mostChars: number): z.ZodOptional<z.ZodString> {
  const isList = (value: string): boolean => {
    try {
      return z.array(z.string().min(1).max(mostChars)).max(most).safeParse(JSON.parse(value)).success;
    } catch {
      return false;
    }
  };
  return z.string().refine(isList, 'not a JSON list within the limits').optional();
}

/** Parameters that a voice agent can use; any other is probably misspelt. */
const schema = z.strictObject({
  sample_rate: z.string().refine((rate) => Number(rate) >= 8000 && Number(rate) <= 96_000, 'not a rate'),
  encoding: z.enum(['pcm_s16le', 'pcm_mulaw']),
  speech_model: z.string().min(1),
  language_codes: list(10, 10),
  language_detection: flag,
  keyterms_prompt: list(100, 50),
  format_turns: flag,
  end_of_turn_confidence_threshold: between(0, 1),
  min_turn_silence: between(50, 10_000),
  max_turn_silence: between(50, 60_000),
  vad_threshold: between(0, 1),
  filter_profanity: flag,
  redact_pii: flag,
  redact_pii_policies: text,
  redact_pii_sub: text,
  mode: z.enum(['max_accuracy', 'min_latency', 'balanced']).optional(),
  prompt: text,
  domain: text,
  continuous_partials: flag,
  interruption_delay: between(0, 1000),
  inactivity_timeout: between(5, 3600),
  session_heartbeat: flag,
  voice_focus: text,
});

/** A parsed request. */
export interface StreamingQuery {
  readonly format: AudioFormat;
  readonly model: string;
  /** Whether the end of a turn comes a second time, formatted. */
  readonly formatsTurns: boolean;
  /** Whether every end of a turn is formatted. */
  readonly isAlwaysFormatted: boolean;
}

/** Parses a query; returns its problem if it is invalid. */
export function parseStreamingQuery(query: URLSearchParams): StreamingQuery | { readonly problem: string } {
  const parsed = schema.safeParse(Object.fromEntries(query));
  if (!parsed.success) return { problem: z.prettifyError(parsed.error) };
  const { sample_rate: rate, encoding, speech_model: model, format_turns: format } = parsed.data;
  if (!streamingModels.includes(model)) return { problem: `Invalid speech_model: ${model}` };
  const isOlder = model.startsWith('universal-streaming');
  if (isOlder && parsed.data.language_codes !== undefined)
    return { problem: `language_codes is not supported by ${model}` };
  return {
    format: { encoding: encoding === 'pcm_mulaw' ? 'mulaw' : 'linear16', sampleRateHz: Number(rate) },
    model,
    formatsTurns: isOlder && format === 'true',
    isAlwaysFormatted: !isOlder,
  };
}
