/**
 * Scribe's messages on `/v1/speech-to-text/realtime`. Only the type of a message is required; a field of an unexpected
 * type counts as missing. Times are seconds of all audio that was sent.
 *
 * Source: https://elevenlabs.io/docs/eleven-api/guides/how-to/speech-to-text/realtime/event-reference and the vendor's SDK
 * (`wrapper/realtime/connection.d.ts`).
 */
import { z } from 'zod';

const text = z.string().default('').catch('');
const seconds = z.number().optional().catch(undefined);

/** `type` is `word`, `spacing` or, for sounds, `audio_event`. */
const word = z.object({ text, start: seconds, end: seconds, type: z.string().optional().catch(undefined) });

const started = z.object({ message_type: z.literal('session_started'), session_id: text });
const partial = z.object({ message_type: z.literal('partial_transcript'), text });
const committed = z.object({ message_type: z.literal('committed_transcript'), text });
const timed = z.object({
  message_type: z.literal('committed_transcript_with_timestamps'),
  text,
  words: z.array(word).default([]).catch([]),
});

/** A failure; `error` is a sentence. */
export interface ScribeFailureMessage {
  readonly message_type: 'failure';
  /** Its type, for example `quota_exceeded`. */
  readonly name: string;
  readonly error: string;
}

export type ScribeWordMessage = z.infer<typeof word>;
export type ScribeMessage =
  | z.infer<typeof started>
  | z.infer<typeof partial>
  | z.infer<typeof committed>
  | z.infer<typeof timed>
  | ScribeFailureMessage;

/** By the type of the message. */
const schemas = new Map<string, z.ZodType<ScribeMessage>>([
  ['session_started', started],
  ['partial_transcript', partial],
  ['committed_transcript', committed],
  ['committed_transcript_with_timestamps', timed],
]);

/** Types that are ignored: what they tell was not asked for, or is told again by a commit. */
const uninteresting = new Set([
  'final_transcript',
  'final_transcript_with_timestamps',
  'committed_transcript_entities',
  'edited_transcript',
  'warning',
]);

/** Parses a message: `unknown` for new types, `malformed` for anything that is not one of Scribe's messages. */
export function parseScribeMessage(json: string): ScribeMessage | 'ignored' | 'unknown' | 'malformed' {
  let raw: unknown;
  try {
    raw = JSON.parse(json);
  } catch {
    return 'malformed';
  }
  const { message_type: type, error } = Object(raw) as {
    readonly message_type?: unknown;
    readonly error?: unknown;
  };
  if (typeof type !== 'string') return 'malformed';
  const schema = schemas.get(type);
  if (schema) {
    const parsed = schema.safeParse(raw);
    return parsed.success ? parsed.data : 'malformed';
  }
  if (uninteresting.has(type)) return 'ignored';
  // All failures have a type of their own, and an `error`.
  return typeof error === 'string' ? { message_type: 'failure', name: type, error } : 'unknown';
}
