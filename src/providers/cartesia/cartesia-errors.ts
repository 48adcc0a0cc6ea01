/**
 * Interprets Cartesia's failures: whether a retry may help, and which field of the config was refused.
 *
 * Source: https://docs.cartesia.ai/use-the-api/api-errors
 */
import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { messageOf, ProviderError, type ProviderErrorCategory } from '../../core/errors.js';
import { retryAfterMs } from '../../network/retry-after.js';
import { requestIdOf } from '../request-id.js';

/** A failure in Cartesia's or HTTP's terms. */
export interface CartesiaFailure {
  readonly message: string;
  /** HTTP status, also the `status_code` of an error on a WebSocket. */
  readonly status?: number | undefined;
  /** Cartesia's own code, for example `model_not_found`. */
  readonly code?: string | undefined;
  readonly category?: ProviderErrorCategory;
  /** How long the server asks to wait. */
  readonly retryAfterMs?: number | undefined;
  /** Cartesia's id of the request or the connection, as it came. */
  readonly requestId?: string | undefined;
  readonly cause?: unknown;
}

/** What was requested, for errors. The key is needed to remove it from their texts. */
export interface Asked {
  readonly kind: 'tts' | 'stt';
  readonly apiKey: string;
  readonly model: string;
  readonly language?: string | undefined;
  /** Voices only. */
  readonly voiceId?: string | undefined;
}

/** The data cannot be speech in the requested format. */
export const wrongFormat: CartesiaFailure = {
  message: 'It sent audio in another format than requested.',
  category: 'server',
};

/** Makes a ProviderError from a failure. Removes the key from all texts, in case the server quotes it. */
export function cartesiaError(failure: CartesiaFailure, asked: Asked): ProviderError {
  const { apiKey, kind } = asked;
  const withoutKey = (text: string): string => (apiKey.length < 8 ? text : text.replaceAll(apiKey, '[key]'));
  const category = categoryOf(failure);
  const field = category === 'bad_request' ? refusedField(failure, asked) : undefined;
  const requestId = requestIdOf(failure.requestId, apiKey);
  const { cause, message } = failure;
  return new ProviderError(withoutKey(describe(failure, category, field, asked)), {
    ...{ kind, provider: 'cartesia', category },
    cause: new Error(withoutKey(cause === undefined ? message : messageOf(cause))),
    ...(failure.retryAfterMs !== undefined && { retryAfterMs: failure.retryAfterMs }),
    ...(field !== undefined && { field: `${kind}.${field}` }),
    ...(requestId !== undefined && { requestId }),
  });
}

type RefusedField = 'voiceId' | 'model' | 'language';

function describe(
  failure: CartesiaFailure,
  category: ProviderErrorCategory,
  field: RefusedField | undefined,
  asked: Asked,
): string {
  const { message, code } = failure;
  const said = withoutEnd(code && !message.includes(code) ? `${withoutEnd(message)} (${code})` : message);
  if (lacksCredits(failure))
    return `cartesia has no credits left for the key in CARTESIA_API_KEY: buy some, or change the plan, at https://play.cartesia.ai. It said: ${said}.`;
  if (category === 'auth')
    return `The API key for cartesia was refused: check CARTESIA_API_KEY, or the apiKey in the config. It said: ${said}.`;
  if (field !== undefined)
    return `cartesia refused the ${words[field]} '${asked[field] ?? ''}': ${said}. ${remedies[field](asked.kind)}`;
  const work = asked.kind === 'tts' ? 'Speech synthesis' : 'Speech recognition';
  return `${work} by cartesia failed: ${said}.`;
}

const words: Readonly<Record<RefusedField, string>> = {
  voiceId: 'voice',
  model: 'model',
  language: 'language',
};

const remedies: Readonly<Record<RefusedField, (kind: Asked['kind']) => string>> = {
  voiceId: () =>
    'Set tts.voiceId to the id of a voice that the account may use: https://play.cartesia.ai/voices.',
  model: (kind) =>
    `Set ${kind}.model to a model that the account may use, for example '${kind === 'tts' ? 'sonic-3.5' : 'ink-2'}'.`,
  language: (kind) => `Set ${kind}.language to a language of the model, or leave it out.`,
};

function categoryOf(failure: CartesiaFailure): ProviderErrorCategory {
  const { category, status } = failure;
  if (category) return category;
  if (lacksCredits(failure)) return 'auth';
  if (status === undefined) return 'connection';
  if (status === 401 || status === 403) return 'auth';
  if (status === 408) return 'timeout';
  if (status === 429) return 'rate_limit';
  return status >= 500 ? 'server' : 'bad_request';
}

/** Needs a person, like a refused key: an account does not recover during a call. */
function lacksCredits({ status, code = '' }: CartesiaFailure): boolean {
  return status === 402 || /credit|quota|payment/.test(code);
}

/** By the code, else by the title or the sentence. */
function refusedField({ code, message }: CartesiaFailure, asked: Asked): RefusedField | undefined {
  const named = (text: string): RefusedField | undefined => {
    if (asked.kind === 'tts' && /voice/i.test(text)) return 'voiceId';
    if (/model/i.test(text)) return 'model';
    return asked.language !== undefined && /language/i.test(text) ? 'language' : undefined;
  };
  return (code === undefined ? undefined : named(code)) ?? named(message);
}

/** Removes punctuation and white space at the end of a sentence. */
function withoutEnd(sentence: string): string {
  let end = sentence.length;
  while (end > 0 && /[.:\s]/.test(sentence.charAt(end - 1))) end--;
  return sentence.slice(0, end);
}

/** A field of the wrong type counts as missing. */
const text = z.string().optional().catch(undefined);
const errorSchema = z.object({
  title: text,
  message: text,
  /** Versions before 2026-03-01 have one sentence, `Title: Message`. */
  error: text,
  error_code: text,
  request_id: text,
  status_code: z.number().optional().catch(undefined),
});

/** Reads the error in a parsed message or body; what is missing stays undefined. */
export function failureOfError(raw: unknown, status?: number): CartesiaFailure {
  const parsed = errorSchema.safeParse(raw);
  const { title, message, error, ...rest } = parsed.success ? parsed.data : {};
  const said = [title, message].filter((one) => one !== undefined && one !== '').join(': ') || error;
  const known = rest.status_code ?? status;
  return {
    message: said || (known === undefined ? 'It reported an error.' : `HTTP ${known}`),
    status: known,
    code: rest.error_code,
    requestId: rest.request_id,
    // The connection works, since it delivered the message: the server has failed.
    ...(known === undefined && { category: 'server' }),
  };
}

/** Converts an HTTP answer with an error status; its body is JSON, or text of an older version or of a proxy. */
export function failureOfAnswer(
  status: number,
  body: string,
  read: (name: string) => string | null | undefined,
): CartesiaFailure {
  let raw: unknown = null;
  try {
    raw = JSON.parse(body);
  } catch {
    if (body !== '' && !body.startsWith('<')) raw = { message: body.slice(0, maxBodyChars) };
  }
  const { message, ...failure } = failureOfError(raw, status);
  return {
    ...failure,
    requestId: failure.requestId ?? requestIdIn(read),
    status,
    message: message.startsWith('HTTP') ? message : `HTTP ${status}: ${message}`,
    retryAfterMs: retryAfterMs(read),
  };
}

/** Longest part of a body that is not JSON in an error. */
const maxBodyChars = 200;

/** The header by which Cartesia names a request or a connection, as LiveKit's plugin reads it: `X-Request-Id`. */
export function requestIdIn(read: (name: string) => string | null | undefined): string | undefined {
  return read('x-request-id') ?? undefined;
}

/** Reads the reason for a refused handshake from the answer and its body. Never rejects. */
export async function failureOfHandshake(response: IncomingMessage): Promise<CartesiaFailure> {
  let body = '';
  try {
    for await (const chunk of response.setEncoding('utf8')) body += chunk as string;
  } catch {
    // The status says enough.
  }
  return failureOfAnswer(response.statusCode ?? 0, body, (name) => response.headers[name]?.toString());
}

/** Converts the close of a WebSocket that this side did not ask for. */
export function failureOfClose(closeCode: number, reason: string): CartesiaFailure {
  const message = `The connection was closed: ${closeCode} ${reason}`.trimEnd();
  // 1011 to 1014: the server, or a gateway before it, has failed.
  return { message, category: closeCode >= 1011 && closeCode <= 1014 ? 'server' : 'connection' };
}

/** After several attempts to connect, Node's error has a code but no message. */
export function failureOfConnection(thrown: unknown): CartesiaFailure {
  const { message, code, name } = thrown as Error & { readonly code?: string };
  const reason = message === '' ? (code ?? name) : messageOf(thrown);
  return { message: `The connection failed: ${reason}.`, category: 'connection', cause: thrown };
}
