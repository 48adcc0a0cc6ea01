/**
 * Converts Deepgram's failures to {@link ProviderError}s. The server's text is quoted without the key: a proxy may
 * repeat what it was sent.
 */
import { z } from 'zod';
import { ProviderError, type ProviderErrorCategory } from '../../core/errors.js';
import type { ErrorMessage } from './deepgram-messages.js';

/** Deepgram refused the connection with an HTTP status; the `cause` of the ProviderError that reports it. */
export class HandshakeRefusal extends Error {
  readonly status: number;
  /** How long Deepgram asks to wait; undefined if it does not say. */
  readonly retryAfterMs: number | undefined;
  /** The id that Deepgram gave the request; undefined if it gave none. */
  readonly requestId: string | undefined;

  constructor(
    status: number,
    details: {
      readonly retryAfterMs: number | undefined;
      readonly body: string;
      readonly requestId?: string | undefined;
    },
  ) {
    super(`HTTP ${status}${details.body === '' ? '' : `: ${messageIn(details.body)}`}`);
    this.name = new.target.name;
    this.status = status;
    this.retryAfterMs = details.retryAfterMs;
    this.requestId = details.requestId;
  }
}

const errorBody = z.object({
  err_msg: z.string().optional(),
  message: z.string().optional(),
  details: z.string().optional(),
});

/** The message in an error's body, in either of Deepgram's two forms; the body itself if it has none. */
function messageIn(body: string): string {
  try {
    const { err_msg: short, message, details } = errorBody.parse(JSON.parse(body));
    return short ?? ([message, details].filter((part) => part !== undefined).join(' ') || body);
  } catch {
    return body;
  }
}

/** The server's text for an error message, without the key. */
export function quote(text: string, apiKey: string): string {
  return text.replaceAll(apiKey, '[key]').trim();
}

/** Makes a ProviderError of this provider. */
export function deepgramError(
  category: ProviderErrorCategory,
  message: string,
  cause?: unknown,
  retryAfterMs?: number,
): ProviderError {
  return new ProviderError(message, {
    kind: 'stt',
    provider: 'deepgram',
    category,
    cause,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

/** The requested model and language, for errors that refuse them. */
export interface AskedModel {
  readonly model: string;
  readonly language?: string | undefined;
}

/** The error for a connection request that Deepgram refused with an HTTP status. */
export function refusalError(refusal: HandshakeRefusal, asked: AskedModel): ProviderError {
  const { status, retryAfterMs } = refusal;
  if (refusesModel(refusal)) return unknownModelError(asked, refusal.message, refusal);
  const category = categoryOfStatus(status);
  const wait = retryAfterMs === undefined ? '' : ` It asks to wait ${retryAfterMs} ms.`;
  return deepgramError(
    category,
    `Deepgram refused the connection (${refusal.message}).${wait}${remedyFor(status, 'Check the model and the language.')}`,
    refusal,
    retryAfterMs,
  );
}

/** The error for a model that does not exist, does not have the language, or is closed to this account. */
export function unknownModelError(
  { model, language }: AskedModel,
  why: string,
  cause?: unknown,
): ProviderError {
  const inLanguage = language === undefined ? '' : ` with language '${language}'`;
  return new ProviderError(
    `stt.model: Deepgram does not serve '${model}'${inLanguage} (${why}). Choose a model of https://developers.deepgram.com/docs/models-languages-overview that this account may use${language === undefined ? '' : ' and that knows the language'}; the default is 'nova-3'.`,
    { kind: 'stt', provider: 'deepgram', category: 'bad_request', field: 'stt.model', cause },
  );
}

/**
 * The error for a connection that Deepgram closed. Closing codes: RFC 6455 section 7.4.1, and Deepgram's reasons:
 * https://developers.deepgram.com/docs/stt-troubleshooting-websocket-data-and-net-errors
 */
export function closeError(code: number, reason: string, apiKey: string): ProviderError {
  const why = reason === '' ? '' : `: ${quote(reason, apiKey)}`;
  return deepgramError(
    categoryOfClose(code, reason),
    `Deepgram closed the connection in the middle of the stream (code ${code}${why}).`,
  );
}

/** The error for an error message of Deepgram. */
export function failureError(
  { code, variant, description, message }: ErrorMessage,
  apiKey: string,
): ProviderError {
  const kind = code ?? variant ?? 'unnamed';
  const what = `(${kind}): ${description ?? message ?? 'no description'}`;
  return deepgramError(categoryOfFailure(kind), `Deepgram reports an error ${quote(what, apiKey)}`);
}

/** What to do about a refusal, with a space before it; empty if nothing can be done. */
export function remedyFor(status: number, badRequest: string): string {
  const category = categoryOfStatus(status);
  if (status === 402) return ' The account has no credit left: add some at https://console.deepgram.com.';
  if (category === 'auth') return ' Check DEEPGRAM_API_KEY and what the key is allowed to use.';
  return category === 'bad_request' ? ` ${badRequest}` : '';
}

/** Sources: https://developers.deepgram.com/docs/errors and the refusals quoted in livekit/agents #618 and #1520. */
export function refusesModel({ status, message }: HandshakeRefusal): boolean {
  if (status === 400) return /no such model|unknown model|model .{0,200}(not exist|not found)/i.test(message);
  return status === 403 && /model/i.test(message);
}

export function categoryOfStatus(status: number): ProviderErrorCategory {
  // 402: the account has no credit left, so a retry does not help.
  if (status === 401 || status === 402 || status === 403) return 'auth';
  if (status === 429) return 'rate_limit';
  if (status === 408) return 'timeout';
  return status >= 400 && status < 500 ? 'bad_request' : 'server';
}

function categoryOfClose(code: number, reason: string): ProviderErrorCategory {
  if (reason.includes('DATA-0000') || code === 1008 || code === 1003) return 'bad_request';
  if (reason.includes('NET-0001')) return 'timeout';
  return code === 1011 || code === 1012 || code === 1013 ? 'server' : 'connection';
}

export function categoryOfFailure(kind: string): ProviderErrorCategory {
  if (/AUTH|FORBIDDEN|CREDENTIAL|PERMISSION/i.test(kind)) return 'auth';
  if (/RATE|LIMIT|TOO_MANY/i.test(kind)) return 'rate_limit';
  return /UNPARS|INVALID|BAD_REQUEST|UNSUPPORTED|DATA-0000/i.test(kind) ? 'bad_request' : 'server';
}
