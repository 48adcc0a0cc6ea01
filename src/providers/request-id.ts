import { messageOf, ProviderError } from '../core/errors.js';

/** Longer ids cannot be quoted in a support request. */
const maxChars = 128;

/**
 * An id as a vendor of the user's own told it, for events and logs: printable, without secrets, and cut where it is too
 * long to be quoted. Undefined if it is no text, or nothing is left of it.
 */
export function quotableId(value: unknown, redact: (text: string) => string): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  // Cut last, so that no part of a secret is left over.
  const id = redact(String(value).replace(/[^\x20-\x7e]/g, ''))
    .trim()
    .slice(0, maxChars);
  return id === '' ? undefined : id;
}

/**
 * The id of a request as a vendor told it, in a header or a message; undefined where it told none that can be quoted. A proxy may
 * repeat anything it was sent, so that what holds the key is none either.
 */
export function requestIdOf(value: unknown, apiKey: string): string | undefined {
  if (typeof value !== 'string') return undefined;
  const id = value.trim();
  if (id.length > maxChars || !/^[\x21-\x7e]+$/.test(id)) return undefined;
  return apiKey !== '' && id.includes(apiKey) ? undefined : id;
}

/** The same error, as that of a request with this id. An error that has an id of its own, or for which none is known, is left alone. */
export function ofRequest(error: ProviderError, requestId: string | undefined): ProviderError {
  if (requestId === undefined || error.requestId !== undefined) return error;
  const { kind, provider, category, retryable, retryAfterMs, field, cause } = error;
  return new ProviderError(messageOf(error), {
    ...{ kind, provider, category, retryable, cause, requestId },
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(field !== undefined && { field }),
  });
}
