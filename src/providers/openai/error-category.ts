import type { ProviderErrorCategory } from '../../core/errors.js';

/** The category of a failure, and whether a retry may help. */
export interface Verdict {
  readonly category: ProviderErrorCategory;
  /** Set only if it differs from the category's default. */
  readonly retryable?: boolean;
}

/** The category of an error code inside a stream; some servers send an HTTP status as the code. */
export function categoryOfCode(code: unknown): Verdict {
  if (typeof code === 'number') return categoryOfStatus(code);
  if (typeof code === 'string' && /^[45]\d\d$/.test(code)) return categoryOfStatus(Number(code));
  switch (code) {
    case 'insufficient_quota':
      return { category: 'rate_limit', retryable: false };
    case 'rate_limit_exceeded':
      return { category: 'rate_limit' };
    case 'invalid_api_key':
      return { category: 'auth' };
    case 'content_filter':
    case 'context_length_exceeded':
    case 'invalid_prompt':
    case 'invalid_request_error':
      return { category: 'bad_request' };
    default:
      return { category: 'server' };
  }
}

/** The category of an HTTP status. */
export function categoryOfStatus(status: number): Verdict {
  // 402: the account has no credit.
  if (status === 401 || status === 402 || status === 403) return { category: 'auth' };
  if (status === 408) return { category: 'timeout' };
  if (status === 429) return { category: 'rate_limit' };
  // 498: Groq's flex tier has no capacity. Source: https://console.groq.com/docs/flex-processing
  if (status === 409 || status === 498 || status >= 500) return { category: 'server' };
  return status >= 400 ? { category: 'bad_request' } : { category: 'server' };
}
