/** Parses and checks the query of `/v1/listen` and `/v2/listen`. */
import { z } from 'zod';
import type { AudioFormat } from '../../audio/audio-frame.js';

const flag = z.enum(['true', 'false']);
const text = z.string().min(1);
const whole = z.string().regex(/^\d+$/);
const texts = z.union([text, z.array(text)]);

function between(least: number, most: number): z.ZodString {
  const isInside = (value: string): boolean => Number(value) >= least && Number(value) <= most;
  return z.string().refine(isInside, `not between ${least} and ${most}`);
}

const audio = { model: text, encoding: z.enum(['mulaw', 'linear16']), sample_rate: whole };

/** Live API parameters that a voice agent can use; any other is probably misspelt. */
const v1 = z.strictObject({
  ...audio,
  channels: z.literal('1').optional(),
  language: text.optional(),
  keyterm: texts.optional(),
  punctuate: flag.optional(),
  smart_format: flag.optional(),
  numerals: flag.optional(),
  profanity_filter: flag.optional(),
  redact: texts.optional(),
  replace: texts.optional(),
  search: texts.optional(),
  diarize: flag.optional(),
  filler_words: flag.optional(),
  dictation: flag.optional(),
  version: text.optional(),
  mip_opt_out: flag.optional(),
  interim_results: flag.optional(),
  vad_events: flag.optional(),
  no_delay: flag.optional(),
  endpointing: z.union([whole, z.literal('false')]).optional(),
  utterance_end_ms: whole.and(between(1000, 60_000)).optional(),
  tag: texts.optional(),
});

/** The SDK's type `ListenV2Redact`. */
const fluxRedaction = z.enum(['numbers', 'aggressive_numbers']);

const v2 = z.strictObject({
  ...audio,
  keyterm: texts.optional(),
  language_hint: texts.optional(),
  eager_eot_threshold: between(0.3, 0.9).optional(),
  eot_threshold: between(0.5, 1).optional(),
  eot_timeout_ms: whole.and(between(500, 60_000)).optional(),
  numerals: flag.optional(),
  profanity_filter: flag.optional(),
  redact: z.union([fluxRedaction, z.array(fluxRedaction)]).optional(),
  replace: texts.optional(),
  mip_opt_out: flag.optional(),
  tag: texts.optional(),
});

/** A parsed request. */
export interface ListenQuery {
  readonly wire: 'v1' | 'v2';
  readonly model: string;
  readonly format: AudioFormat;
  readonly interimResults: boolean;
  /** Null if the client wants no `UtteranceEnd`. */
  readonly utteranceEndMs: number | null;
  /** Whether Deepgram detects the end of speech by itself. */
  readonly endpointing: boolean;
  /** The raw parameters; repeated ones as a list. */
  readonly parameters: Readonly<Record<string, string | readonly string[]>>;
}

/** Parses a request's path; returns its problem if it is invalid. */
export function parseListenQuery(path: string): ListenQuery | { readonly problem: string } {
  const { pathname, searchParams } = new URL(path, 'ws://localhost');
  const wire = /^\/(v[12])\/listen$/.exec(pathname)?.[1];
  if (wire !== 'v1' && wire !== 'v2') return { problem: `There is nothing at ${pathname}.` };
  const parameters = Object.fromEntries(
    [...new Set(searchParams.keys())].map((key) => {
      const values = searchParams.getAll(key);
      return [key, values.length > 1 ? values : (values[0] ?? '')];
    }),
  );
  const parsed = (wire === 'v1' ? v1 : v2).safeParse(parameters);
  if (!parsed.success) return { problem: z.prettifyError(parsed.error) };
  const { encoding, sample_rate: sampleRate, model } = parsed.data;
  if (model.startsWith('flux-') !== (wire === 'v2'))
    return { problem: `Model ${model} is not served by ${pathname}.` };
  const { keyterm, language_hint: hint }: Readonly<Record<string, unknown>> = parsed.data;
  if (keyterm !== undefined && /^(nova(?!-3)|enhanced|base)/.test(model))
    return { problem: `Model ${model} takes no keyterm.` };
  if (hint !== undefined && model !== 'flux-general-multi')
    return { problem: `Model ${model} takes no language_hint.` };
  const nova: z.infer<typeof v1> | null = 'interim_results' in parsed.data ? parsed.data : null;
  return {
    wire,
    model,
    format: { encoding, sampleRateHz: Number(sampleRate) },
    interimResults: nova?.interim_results === 'true',
    utteranceEndMs: nova?.utterance_end_ms === undefined ? null : Number(nova.utterance_end_ms),
    endpointing: nova?.endpointing !== 'false',
    parameters,
  };
}
