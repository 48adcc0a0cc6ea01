/** Converts Scribe's failures to {@link ProviderError}s. The server's text is quoted without the key. */
import { ProviderError, type ProviderErrorCategory } from '../../core/errors.js';
import type { LiveFailure } from '../live-socket.js';
import { errorDetail } from './error-detail.js';

/** What errors need to know about the stream. */
export interface AskedScribe {
  readonly apiKey: string;
  readonly model: string;
  readonly language: string | undefined;
}

interface Details {
  readonly retryAfterMs?: number | undefined;
  readonly field?: string | undefined;
  readonly retryable?: boolean | undefined;
  readonly cause?: unknown;
}

/** Makes a ProviderError of this provider. */
export function scribeError(
  category: ProviderErrorCategory,
  message: string,
  { retryAfterMs, field, retryable, cause }: Details = {},
): ProviderError {
  return new ProviderError(message, {
    kind: 'stt',
    provider: 'elevenlabs',
    category,
    cause,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(field !== undefined && { field }),
    ...(retryable !== undefined && { retryable }),
  });
}

/** The error for a failure of the connection. */
export function scribeConnectionError(failure: LiveFailure, asked: AskedScribe): ProviderError {
  switch (failure.type) {
    case 'status':
      return scribeStatusError(failure.status, failure.body, asked, failure.retryAfterMs);
    case 'close': {
      const { code, reason } = failure;
      // It closes with 1000 also after a failure, with its type as the reason.
      if (categories.has(reason)) return scribeFailure(reason, '', asked);
      const said = quote(reason, asked.apiKey);
      const what = `(code ${code}${said === '' ? '' : `: ${said}`})`;
      const category =
        categoryOfReason(reason) ??
        (code === 1008 ? 'bad_request' : code === 1011 || code === 1012 ? 'server' : 'connection');
      return scribeError(category, `elevenlabs closed the connection to Scribe ${what}.`);
    }
    case 'timeout':
      return scribeError('timeout', `Scribe of elevenlabs did not start within ${failure.afterMs} ms.`);
    case 'dead':
      return scribeError('timeout', 'elevenlabs answers no pings: the connection to Scribe is dead.');
    case 'stuck':
      return scribeError('connection', 'Scribe of elevenlabs takes no more audio: the connection is stuck.');
    case 'connection':
      return scribeError(
        'connection',
        `There is no connection to Scribe of elevenlabs: ${quote(failure.message, asked.apiKey)}`,
        { cause: failure.cause },
      );
  }
}

/** The error for a request that was refused with an HTTP status. */
export function scribeStatusError(
  status: number,
  body: string,
  asked: AskedScribe,
  retryAfterMs?: number,
): ProviderError {
  const { code, message } = errorDetail(body) ?? {};
  const said = quote([code, message].filter(Boolean).join(': '), asked.apiKey);
  const category = isUsedUp(code) ? 'rate_limit' : categoryOfStatus(status);
  const what = `elevenlabs refused Scribe (HTTP ${status}${said === '' ? '' : `: ${said}`}).`;
  const wait = retryAfterMs === undefined ? '' : ` It asks to wait ${retryAfterMs} ms.`;
  const isCredit = status === 402 || isUsedUp(code);
  return scribeError(category, `${what}${wait}${remedyOf(category, isCredit)}`, {
    retryAfterMs,
    ...(isUsedUp(code) && { retryable: false }),
  });
}

/** The error for a failure that Scribe names. */
export function scribeFailure(name: string, error: string, asked: AskedScribe): ProviderError {
  const category = categories.get(name) ?? 'server';
  const said = quote(error, asked.apiKey);
  const field = category === 'bad_request' ? refusedField(error) : undefined;
  const value = field === 'stt.language' ? (asked.language ?? '') : asked.model;
  const refused = field === undefined ? '' : `${field}: elevenlabs refuses '${value}'. `;
  const what = `Scribe of elevenlabs reports an error (${name}${said === '' ? '' : `: ${said}`}).`;
  const remedy =
    name === 'unaccepted_terms'
      ? ' Accept the terms of Scribe in the account: https://elevenlabs.io/app.'
      : remedyOf(category, isUsedUp(name));
  return scribeError(category, `${refused}${what}${remedy}`, {
    field,
    ...(isUsedUp(name) && { retryable: false }),
  });
}

/** https://elevenlabs.io/docs/api-reference/speech-to-text/v-1-speech-to-text-realtime */
const categories = new Map<string, ProviderErrorCategory>([
  ['auth_error', 'auth'],
  ['unaccepted_terms', 'auth'],
  ['unaccepted_terms_error', 'auth'],
  ['quota_exceeded', 'rate_limit'],
  ['rate_limited', 'rate_limit'],
  ['queue_overflow', 'server'],
  ['resource_exhausted', 'server'],
  ['transcriber_error', 'server'],
  ['error', 'server'],
  // The session is over, but another one can be opened.
  ['session_time_limit_exceeded', 'connection'],
  ['insufficient_audio_activity', 'connection'],
  ['commit_throttled', 'connection'],
  ['input_error', 'bad_request'],
  ['invalid_request', 'bad_request'],
  ['chunk_size_exceeded', 'bad_request'],
]);

/** ElevenLabs closes with 1008 for many reasons; the code alone would make a wrong request of them. */
const categoriesOfReasons: readonly (readonly [string, ProviderErrorCategory])[] = [
  ['rate_limit', 'rate_limit'],
  ['too_many_', 'rate_limit'],
  ['system_busy', 'server'],
  ['input_timeout_exceeded', 'connection'],
];

function categoryOfReason(reason: string): ProviderErrorCategory | undefined {
  return categoriesOfReasons.find(([beginning]) => reason.startsWith(beginning))?.[1];
}

/** A used-up quota does not recover during a call. */
function isUsedUp(code: string | undefined): boolean {
  return code === 'quota_exceeded';
}

function refusedField(error: string): string | undefined {
  if (/\bmodel(_id)?\b/i.test(error)) return 'stt.model';
  return /\blanguage(_code)?\b/i.test(error) ? 'stt.language' : undefined;
}

function remedyOf(category: ProviderErrorCategory, isCredit: boolean): string {
  if (isCredit) return ' Add credit to the account: https://elevenlabs.io/app/subscription.';
  if (category === 'auth') return ' Check ELEVENLABS_API_KEY and its permission for speech to text.';
  return category === 'bad_request' ? ' Check the model and the options of stt.' : '';
}

function categoryOfStatus(status: number): ProviderErrorCategory {
  if (status === 401 || status === 402 || status === 403) return 'auth';
  if (status === 429) return 'rate_limit';
  if (status === 408) return 'timeout';
  return status >= 400 && status < 500 ? 'bad_request' : 'server';
}

function quote(text: string, apiKey: string): string {
  return text.replaceAll(apiKey, '[key]').trim();
}
