/**
 * Deepgram's failures in the terms of {@link ProviderError}. What the other side says is quoted, but never the key: it may
 * be a proxy that repeats what it was sent.
 */
import { ProviderError, type ProviderErrorCategory } from '../../errors.js';
import type { ErrorMessage } from './deepgram-messages.js';

/** Deepgram refused the connection with an HTTP status; the `cause` of the ProviderError that reports it. */
export class HandshakeRefusal extends Error {
  readonly status: number;
  /** When to come back, as the `Retry-After` header says; null where it says nothing. */
  readonly retryAfterMs: number | null;

  constructor(status: number, details: { readonly retryAfterMs: number | null; readonly body: string }) {
    super(`HTTP ${status}${details.body === '' ? '' : `: ${details.body}`}`);
    this.name = new.target.name;
    this.status = status;
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** A text of the other side's, fit for an error message. */
export function quote(text: string, apiKey: string): string {
  return text.replaceAll(apiKey, '[key]').trim();
}

/** A ProviderError of this provider. */
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

/** Deepgram answered the connection request with a status instead. */
export function refusalError(refusal: HandshakeRefusal): ProviderError {
  const { status, retryAfterMs } = refusal;
  const category = categoryOfStatus(status);
  const wait = retryAfterMs === null ? '' : ` It asks to wait ${retryAfterMs} ms.`;
  return deepgramError(
    category,
    `Deepgram refused the connection (${refusal.message}).${wait}${remedies[category] ?? ''}`,
    refusal,
    retryAfterMs ?? undefined,
  );
}

/**
 * The connection was closed from the other side. Closing codes: RFC 6455 section 7.4.1, and Deepgram's reasons:
 * https://developers.deepgram.com/docs/stt-troubleshooting-websocket-data-and-net-errors
 */
export function closeError(code: number, reason: string, apiKey: string): ProviderError {
  const why = reason === '' ? '' : `: ${quote(reason, apiKey)}`;
  return deepgramError(
    categoryOfClose(code, reason),
    `Deepgram closed the connection in the middle of the stream (code ${code}${why}).`,
  );
}

/** Deepgram said that it has failed. */
export function failureError(
  { code, variant, description, message }: ErrorMessage,
  apiKey: string,
): ProviderError {
  const kind = code ?? variant ?? 'unnamed';
  const what = `(${kind}): ${description ?? message ?? 'no description'}`;
  return deepgramError(categoryOfFailure(kind), `Deepgram reports an error ${quote(what, apiKey)}`);
}

const remedies: Readonly<Partial<Record<ProviderErrorCategory, string>>> = {
  auth: ' Check DEEPGRAM_API_KEY and what the key is allowed to use.',
  bad_request: ' Check the model and the language.',
};

function categoryOfStatus(status: number): ProviderErrorCategory {
  // 402: the account has run out of credit, which no second attempt mends either.
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

function categoryOfFailure(kind: string): ProviderErrorCategory {
  if (/AUTH|FORBIDDEN|CREDENTIAL|PERMISSION/i.test(kind)) return 'auth';
  if (/RATE|LIMIT|TOO_MANY/i.test(kind)) return 'rate_limit';
  return /UNPARS|INVALID|BAD_REQUEST|UNSUPPORTED|DATA-0000/i.test(kind) ? 'bad_request' : 'server';
}
