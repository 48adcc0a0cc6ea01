/** Parses the messages of a transcription session. Source: the types of the vendor's SDK 6.49.0, `resources/realtime`. */
import { errorBody, type ErrorBody } from '../error-body.js';
import { fieldsOf, stringOf } from '../wire-value.js';

export type RealtimeMessage =
  /** The session exists; `id` names it for OpenAI's support. */
  | { readonly type: 'created'; readonly id: string }
  /** A request for a final has made an item of the audio so far. */
  | { readonly type: 'committed'; readonly itemId: string }
  /** More text of an item; live models send it before the item is committed. */
  | { readonly type: 'delta'; readonly itemId: string; readonly text: string }
  /** The whole text of an item. */
  | { readonly type: 'completed'; readonly itemId: string; readonly text: string }
  /** An item gets no text. */
  | { readonly type: 'failed'; readonly itemId: string; readonly error: ErrorBody }
  /** The audio since the last request was too short to be an item. */
  | { readonly type: 'nothing' }
  | { readonly type: 'error'; readonly error: ErrorBody };

/** Messages without news for a client that sets up everything itself. */
const ignored = new Set([
  'session.updated',
  'conversation.created',
  'conversation.item.added',
  'conversation.item.created',
  'conversation.item.done',
  'conversation.item.input_audio_transcription.segment',
  'input_audio_buffer.cleared',
  'input_audio_buffer.speech_started',
  'input_audio_buffer.speech_stopped',
  'rate_limits.updated',
]);

const transcription = 'conversation.item.input_audio_transcription.';

/** Reads a message; `ignored` for known ones without news, `unknown` for new types, `malformed` for anything else. */
export function parseRealtimeMessage(text: string): RealtimeMessage | 'ignored' | 'unknown' | 'malformed' {
  const fields = fieldsIn(text);
  const type = stringOf(fields?.type);
  if (!fields || type === '') return 'malformed';
  if (ignored.has(type)) return 'ignored';
  const itemId = stringOf(fields.item_id);
  switch (type) {
    case 'session.created':
      return { type: 'created', id: stringOf(fieldsOf(fields.session)?.id) };
    case 'input_audio_buffer.committed':
      return itemId === '' ? 'malformed' : { type: 'committed', itemId };
    case `${transcription}delta`:
      return itemId === '' ? 'malformed' : { type: 'delta', itemId, text: stringOf(fields.delta) };
    case `${transcription}completed`:
      return itemId === '' ? 'malformed' : { type: 'completed', itemId, text: stringOf(fields.transcript) };
    case `${transcription}failed`:
      return itemId === ''
        ? errorIn(fields)
        : { type: 'failed', itemId, error: errorBody(fields) ?? unexplained };
    case 'error':
      return errorIn(fields);
    default:
      return 'unknown';
  }
}

const unexplained: ErrorBody = { message: 'It did not say why.', code: null, type: null, param: null };

function errorIn(fields: Readonly<Record<string, unknown>>): RealtimeMessage {
  const error = errorBody(fields) ?? unexplained;
  // Seen in goodroot/hyprwhspr issue 63 and in others.
  if (error.code === 'input_audio_buffer_commit_empty') return { type: 'nothing' };
  return { type: 'error', error };
}

function fieldsIn(text: string): Readonly<Record<string, unknown>> | null {
  try {
    return fieldsOf(JSON.parse(text));
  } catch {
    return null;
  }
}
