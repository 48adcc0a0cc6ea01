/**
 * What Deepgram says while it listens, on both of its wires: `/v1/listen` (Nova) and `/v2/listen` (Flux). Only the fields
 * that are used are required, so that additions on Deepgram's side break nothing.
 *
 * Source: https://developers.deepgram.com/reference/speech-to-text/listen-streaming and `…/listen-flux`
 */
import { z } from 'zod';

const seconds = z.number();

const word = z.object({
  word: z.string(),
  punctuated_word: z.string().optional(),
  start: seconds.optional(),
  end: seconds.optional(),
});

/** Without their words, or times in them, messages are of use still. */
const words = z.array(word).optional().catch(undefined);

const alternative = z.object({ transcript: z.string(), words });

const results = z.object({
  type: z.literal('Results'),
  start: seconds,
  duration: seconds,
  is_final: z.boolean().default(false),
  speech_final: z.boolean().default(false),
  from_finalize: z.boolean().default(false),
  channel: z.object({
    alternatives: z.array(alternative).default([]),
  }),
});

const utteranceEnd = z.object({ type: z.literal('UtteranceEnd'), last_word_end: seconds });

const turnInfo = z.object({
  type: z.literal('TurnInfo'),
  /** `Update`, `StartOfTurn`, `EagerEndOfTurn`, `TurnResumed` or `EndOfTurn`; an open list. */
  event: z.string(),
  sequence_id: z.number(),
  turn_index: z.number(),
  audio_window_end: seconds,
  transcript: z.string(),
  words,
  trigger: z.string().optional(),
});

const failure = z.object({
  type: z.literal('Error'),
  code: z.string().optional(),
  variant: z.string().optional(),
  description: z.string().optional(),
  message: z.string().optional(),
});

/** By the `type` of the message; the others (`Metadata`, `SpeechStarted`, `Connected`, …) say nothing that is needed. */
const schemas = new Map<string, z.ZodType<DeepgramMessage>>([
  ['Results', results],
  ['UtteranceEnd', utteranceEnd],
  ['TurnInfo', turnInfo],
  ['Error', failure],
]);

/** A word as either wire gives it; times are seconds of the audio sent on this connection. */
export type WordMessage = z.infer<typeof word>;
/** What a stretch of the audio holds, as Nova hears it. Times are seconds of the audio sent on this connection. */
export type ResultsMessage = z.infer<typeof results>;
/** Nova heard no new word for as long as `utterance_end_ms` says. */
export type UtteranceEndMessage = z.infer<typeof utteranceEnd>;
/** Where the caller's turn stands, as Flux hears it. `transcript` holds the whole turn so far. */
export type TurnInfoMessage = z.infer<typeof turnInfo>;
/** Deepgram gives up, and closes next. */
export type ErrorMessage = z.infer<typeof failure>;

export type DeepgramMessage = ResultsMessage | UtteranceEndMessage | TurnInfoMessage | ErrorMessage;

const typed = z.object({ type: z.string() });

/**
 * The message, if it is one of those that matter; `ignored` for any other type; `malformed` for what is not a message of
 * Deepgram's at all. Takes what the SDK delivers: parsed JSON, or the raw text where it is none.
 */
export function parseDeepgramMessage(message: unknown): DeepgramMessage | 'ignored' | 'malformed' {
  const envelope = typed.safeParse(message);
  if (!envelope.success) return 'malformed';
  const schema = schemas.get(envelope.data.type);
  if (!schema) return 'ignored';
  const parsed = schema.safeParse(message);
  return parsed.success ? parsed.data : 'malformed';
}
