/**
 * Deepgram's messages on both of its wires: `/v1/listen` (Nova) and `/v2/listen` (Flux). Only the type of a message is
 * required; a field of an unexpected type counts as missing.
 *
 * Source: https://developers.deepgram.com/reference/speech-to-text/listen-streaming and `…/listen-flux`
 */
import { z } from 'zod';

const seconds = z.number().optional().catch(undefined);
const flag = z.boolean().default(false).catch(false);
const text = z.string().optional().catch(undefined);

const word = z.object({ word: z.string(), punctuated_word: text, start: seconds, end: seconds });

/** Messages are useful even without words or their times. */
const words = z.array(word).optional().catch(undefined);

const alternative = z.object({ transcript: z.string().default('').catch(''), words });

const results = z.object({
  type: z.literal('Results'),
  start: seconds,
  duration: seconds,
  is_final: flag,
  speech_final: flag,
  from_finalize: flag,
  channel: z
    .object({ alternatives: z.array(alternative).default([]).catch([]) })
    .default({ alternatives: [] })
    .catch({ alternatives: [] }),
});

const utteranceEnd = z.object({ type: z.literal('UtteranceEnd'), last_word_end: seconds });

const turnInfo = z.object({
  type: z.literal('TurnInfo'),
  /** `Update`, `StartOfTurn`, `EagerEndOfTurn`, `TurnResumed` or `EndOfTurn`; an open list. */
  event: z.string().default('Update').catch('Update'),
  sequence_id: seconds,
  turn_index: seconds,
  audio_window_end: seconds,
  transcript: z.string().default('').catch(''),
  words,
  trigger: text,
});

const failure = z.object({
  type: z.literal('Error'),
  code: text,
  variant: text,
  description: text,
  message: text,
});

/** By the `type` of the message. */
const schemas = new Map<string, z.ZodType<DeepgramMessage>>([
  ['Results', results],
  ['UtteranceEnd', utteranceEnd],
  ['TurnInfo', turnInfo],
  ['Error', failure],
]);

/** Types that are ignored. `Warning`: for example that `ForceEndTurn` came outside a turn. */
const uninteresting = new Set([
  'Metadata',
  'SpeechStarted',
  'Connected',
  'Warning',
  'ConfigureSuccess',
  'ConfigureFailure',
]);

/** A word on either wire; times are seconds of the audio sent on this connection. */
export type WordMessage = z.infer<typeof word>;
/** Nova's result for a span of the audio. Times are seconds of the audio sent on this connection. */
export type ResultsMessage = z.infer<typeof results>;
/** Nova heard no new word for `utterance_end_ms`. */
export type UtteranceEndMessage = z.infer<typeof utteranceEnd>;
/** Flux's state of the caller's turn. `transcript` contains the whole turn so far. */
export type TurnInfoMessage = z.infer<typeof turnInfo>;
/** Deepgram has failed and will close the connection. */
export type ErrorMessage = z.infer<typeof failure>;

export type DeepgramMessage = ResultsMessage | UtteranceEndMessage | TurnInfoMessage | ErrorMessage;

const identified = z.object({
  request_id: text,
  metadata: z.object({ request_id: text }).optional().catch(undefined),
});

/** What a message says that the connection is called, on either wire; undefined where it does not. */
export function requestIdIn(message: unknown): string | undefined {
  const parsed = identified.safeParse(message);
  return parsed.success ? (parsed.data.request_id ?? parsed.data.metadata?.request_id) : undefined;
}

/**
 * Parses a message: `ignored` for types that are not needed, `unknown` for new types, `malformed` for anything that is
 * not a Deepgram message. Takes what the SDK delivers: parsed JSON, or the raw text if it is not JSON.
 */
export function parseDeepgramMessage(
  message: unknown,
): DeepgramMessage | 'ignored' | 'unknown' | 'malformed' {
  const type = (message as { readonly type?: unknown } | null | undefined)?.type;
  if (typeof type !== 'string') return 'malformed';
  const schema = schemas.get(type);
  if (!schema) return uninteresting.has(type) ? 'ignored' : 'unknown';
  const parsed = schema.safeParse(message);
  return parsed.success ? parsed.data : 'malformed';
}
