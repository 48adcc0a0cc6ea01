// The shared part of the three services of Acme, an invented vendor: key, address and errors.
import { ProviderError } from 'hzrelay';

/** @type {import('hzrelay').ProviderKey} */
export const acmeKey = {
  variable: 'ACME_API_KEY',
  baseUrlVariable: 'ACME_BASE_URL',
  page: 'https://acme.example/keys',
  service: 'https://api.acme.example',
};

/** @param {string} apiKey */
export const authorised = (apiKey) => ({ authorization: `Bearer ${apiKey}` });

/**
 * The error for an HTTP status. Its category decides whether the request is retried.
 *
 * @param {import('hzrelay').ProviderKind} kind
 * @param {number} status
 * @param {string | null | undefined} retryAfter seconds, from the header
 */
export function refused(kind, status, retryAfter) {
  const seconds = Number(retryAfter ?? Number.NaN);
  const category = categoryOf(status);
  // Name the key's variable, never the key.
  const hint = category === 'auth' ? `: is the key in ${acmeKey.variable} right?` : '.';
  return new ProviderError(`acme (${kind}) answered ${status}${hint}`, {
    kind,
    provider: 'acme',
    category,
    ...(Number.isFinite(seconds) && { retryAfterMs: seconds * 1000 }),
  });
}

/** @returns {import('hzrelay').ProviderErrorCategory} */
function categoryOf(status) {
  if (status === 401 || status === 403) return 'auth';
  if (status === 429) return 'rate_limit';
  if (status === 408) return 'timeout';
  return status >= 500 ? 'server' : 'bad_request';
}

/**
 * The error for a connection that failed or broke.
 *
 * @param {import('hzrelay').ProviderKind} kind
 * @param {unknown} [cause]
 */
export function disconnected(kind, cause) {
  const message = `The connection to acme (${kind}) broke.`;
  return new ProviderError(message, { kind, provider: 'acme', category: 'connection', cause });
}

/**
 * Sends a request. Throws a ProviderError if it is refused or fails, and the signal's reason if it was aborted.
 *
 * @param {import('hzrelay').ProviderKind} kind
 * @param {string} url
 * @param {RequestInit} init
 */
export async function request(kind, url, init) {
  const response = await fetch(url, init).catch((thrown) => {
    throw init.signal?.aborted ? thrown : disconnected(kind, thrown);
  });
  if (response.ok) return response;
  await response.body?.cancel();
  throw refused(kind, response.status, response.headers.get('retry-after'));
}

/**
 * A provider's `probe`: a request that costs nothing and needs a valid key.
 *
 * @param {import('hzrelay').ProviderKind} kind
 * @param {{ apiKey: string, baseUrl: string }} account
 */
export const probeOf =
  (kind, { apiKey, baseUrl }) =>
  /** @param {AbortSignal} signal */
  async (signal) => {
    const response = await request(kind, `${baseUrl}/account`, { headers: authorised(apiKey), signal });
    await response.body?.cancel();
  };
