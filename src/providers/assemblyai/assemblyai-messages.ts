/**
 * AssemblyAI's messages on `/v3/ws`. Only the type of a message is required; a field of an unexpected type counts as
 * missing. Times are milliseconds of all audio that was sent.
 *
 * Source: https://www.assemblyai.com/docs/streaming/message-sequence and the vendor's SDK (`types/streaming`).
 */
import { z } from 'zod';

const text = z.string().optional().catch(undefined);
const number = z.number().optional().catch(undefined);
const flag = z.boolean().default(false).catch(false);

const word = z.object({ text: z.string(), start: number, end: number });

const begin = z.object({ type: z.literal('Begin'), id: text });

const turn = z.object({
  type: z.literal('Turn'),
  turn_order: number,
  turn_is_formatted: flag,
  end_of_turn: flag,
  transcript: z.string().default('').catch(''),
  words: z.array(word).default([]).catch([]),
});

const failure = z.object({ type: z.literal('Error'), error_code: number, error: text });

/** A word; its times are left out if the message lacks them. */
export type WordMessage = z.infer<typeof word>;
/** The session is open. `id`: what AssemblyAI calls it. */
export type BeginMessage = z.infer<typeof begin>;
/** The state of a turn of the caller. Every message has the whole turn so far. */
export type TurnMessage = z.infer<typeof turn>;
/** Comes before the connection is closed, with the same code. */
export type ErrorMessage = z.infer<typeof failure>;

export type AssemblyAiMessage = BeginMessage | TurnMessage | ErrorMessage;

/** By the `type` of the message. */
const schemas = new Map<string, z.ZodType<AssemblyAiMessage>>([
  ['Begin', begin],
  ['Turn', turn],
  ['Error', failure],
]);

/** Types that are ignored: their content is known otherwise, or was not asked for. */
const uninteresting = new Set([
  'SpeechStarted',
  'Termination',
  'Warning',
  'Heartbeat',
  'Silence',
  'SpeakerRevision',
  'LLMGatewayResponse',
]);

/** Parses a message: `unknown` for new types, `malformed` for anything that is not one of AssemblyAI's messages. */
export function parseMessage(json: string): AssemblyAiMessage | 'ignored' | 'unknown' | 'malformed' {
  let raw: unknown;
  try {
    raw = JSON.parse(json);
  } catch {
    return 'malformed';
  }
  const { type, error } = Object(raw) as { readonly type?: unknown; readonly error?: unknown };
  // The SDK takes every message with an `error` for a failure, whatever its type.
  if (typeof error === 'string') return { ...failure.parse({ ...Object(raw), type: 'Error' }) };
  if (typeof type !== 'string') return 'malformed';
  const schema = schemas.get(type);
  if (!schema) return uninteresting.has(type) ? 'ignored' : 'unknown';
  const parsed = schema.safeParse(raw);
  return parsed.success ? parsed.data : 'malformed';
}
