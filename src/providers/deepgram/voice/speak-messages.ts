/**
 * The messages of `/v1/speak`, Deepgram's voices over a WebSocket. Audio comes as binary messages, without a container.
 *
 * Sources: https://developers.deepgram.com/reference/text-to-speech/speak-streaming, the types `SpeakV1…` of
 * `@deepgram/sdk`, and https://github.com/deepgram/deepgram-python-sdk/pull/653, which shows the field names that warnings
 * really have.
 */
import { z } from 'zod';

/** Adds a text to the server's buffer. */
export function speak(text: string): string {
  return JSON.stringify({ type: 'Speak', text });
}

/** Has the buffered text spoken; the server makes no audio before. */
export const flush = JSON.stringify({ type: 'Flush' });

/** Ends the connection at once. */
export const close = JSON.stringify({ type: 'Close' });

const text = z.string().optional().catch(undefined);

const problem = z
  .object({
    type: z.enum(['Warning', 'Error']),
    // Documented, and as seen.
    code: text,
    warn_code: text,
    err_code: text,
    description: text,
    warn_msg: text,
    err_msg: text,
    message: text,
  })
  .transform(({ type, ...fields }) => ({
    type,
    code: fields.warn_code ?? fields.code ?? fields.err_code ?? 'unnamed',
    description: fields.warn_msg ?? fields.description ?? fields.err_msg ?? fields.message ?? '',
  }));

/** A problem that the server tells. */
export type SpeakProblem = z.infer<typeof problem>;

/** All audio of the oldest unanswered `Flush` was sent. */
export interface Flushed {
  readonly type: 'Flushed';
}

const uninteresting = new Set(['Metadata', 'Cleared', 'Open', 'Close']);

/**
 * Parses a text message: `ignored` for types that are not needed, `unknown` for new types and anything that is not a
 * Deepgram message.
 */
export function readSpeakMessage(json: string): Flushed | SpeakProblem | 'ignored' | 'unknown' {
  let message: unknown;
  try {
    message = JSON.parse(json);
  } catch {
    return 'unknown';
  }
  const type = (message as { readonly type?: unknown } | null)?.type;
  if (type === 'Flushed') return { type };
  const parsed = problem.safeParse(message);
  if (parsed.success) return parsed.data;
  return typeof type === 'string' && uninteresting.has(type) ? 'ignored' : 'unknown';
}
