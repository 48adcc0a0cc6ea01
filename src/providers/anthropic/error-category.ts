import type { ProviderErrorCategory } from '../../core/errors.js';

/**
 * The category of an error's type, in a body or in the middle of a stream.
 *
 * Source: https://platform.claude.com/docs/en/api/errors
 */
export function categoryOfType(type: string | null): ProviderErrorCategory {
  switch (type) {
    case 'authentication_error':
    case 'permission_error':
    case 'billing_error':
      return 'auth';
    case 'rate_limit_error':
      return 'rate_limit';
    case 'timeout_error':
      return 'timeout';
    case 'invalid_request_error':
    case 'not_found_error':
    case 'request_too_large':
      return 'bad_request';
    // `api_error` and `overloaded_error`.
    default:
      return 'server';
  }
}

/** The category of an HTTP status. 529 means overloaded. */
export function categoryOfStatus(status: number): ProviderErrorCategory {
  if (status === 401 || status === 402 || status === 403) return 'auth';
  if (status === 408 || status === 504) return 'timeout';
  if (status === 429) return 'rate_limit';
  if (status === 409 || status >= 500 || status < 400) return 'server';
  return 'bad_request';
}
