import { z } from 'zod';
import { ProviderError, messageOf, type ProviderErrorCategory } from '../../errors.js';
import { errorDetail } from './elevenlabs-messages.js';

/** What went wrong, in ElevenLabs' terms or HTTP's. */
export interface ElevenLabsFailure {
  readonly message: string;
  /** Of a refused handshake or a failed request. */
  readonly status?: number | undefined;
  /** ElevenLabs' own code, for example `quota_exceeded`. */
  readonly code?: string | undefined;
  readonly category?: ProviderErrorCategory;
  /** The header's value in seconds. */
  readonly retryAfter?: string | null | undefined;
  readonly cause?: unknown;
}

/** What came cannot be speech in the format that was asked for. */
export const wrongFormat: ElevenLabsFailure = {
  message: 'It sent audio in another format than was asked for.',
  category: 'server',
};

/** Makes a ProviderError of a failure. The key does not get into it, however the server quotes it. */
export function elevenLabsError(failure: ElevenLabsFailure, apiKey: string): ProviderError {
  const withoutKey = (text: string): string => (apiKey.length < 8 ? text : text.replaceAll(apiKey, '[key]'));
  const { message, status, code, retryAfter } = failure;
  const category = failure.category ?? categoryOf(status, code);
  const retryAfterMs = retryAfter && /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : undefined;
  const description =
    category === 'auth'
      ? 'The API key for elevenlabs was refused: check ELEVENLABS_API_KEY, or the apiKey in the config.'
      : `Speech synthesis by elevenlabs failed: ${message}`;
  return new ProviderError(withoutKey(description), {
    kind: 'tts',
    provider: 'elevenlabs',
    category,
    cause: new Error(withoutKey(failure.cause === undefined ? message : messageOf(failure.cause))),
    // A used-up quota does not come back while a caller waits.
    ...(code === 'quota_exceeded' && { retryable: false }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

function categoryOf(status: number | undefined, code: string | undefined): ProviderErrorCategory {
  switch (code) {
    case 'invalid_api_key':
    case 'missing_permissions':
    case 'authentication_failed':
      return 'auth';
    case 'quota_exceeded':
    case 'rate_limit_exceeded':
    case 'too_many_concurrent_requests':
    case 'max_active_conversations':
      return 'rate_limit';
    case 'voice_not_found':
    case 'invalid_request':
    case 'model_not_found':
      return 'bad_request';
    default:
      return categoryOfStatus(status);
  }
}

function categoryOfStatus(status: number | undefined): ProviderErrorCategory {
  if (status === undefined) return 'connection';
  if (status === 401 || status === 403) return 'auth';
  if (status === 408) return 'timeout';
  if (status === 429) return 'rate_limit';
  return status >= 500 ? 'server' : 'bad_request';
}

const thrownSchema = z.object({
  statusCode: z.number().optional().catch(undefined),
  body: z.unknown(),
  rawResponse: z
    .object({ headers: z.custom<Headers>((value) => typeof (value as Headers).get === 'function') })
    .optional()
    .catch(undefined),
});

/** What the vendor's SDK, or fetch below it, threw. */
export function failureOf(thrown: unknown): ElevenLabsFailure {
  const parsed = thrownSchema.safeParse(thrown);
  const { statusCode: status, body, rawResponse } = parsed.success ? parsed.data : {};
  const message = status === undefined ? `The connection failed: ${messageOf(thrown)}.` : `HTTP ${status}`;
  const retryAfter = rawResponse?.headers.get('retry-after');
  return { message, status, retryAfter, cause: thrown, ...errorDetail(body) };
}
