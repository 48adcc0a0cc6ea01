import type { IncomingMessage, ServerResponse } from 'node:http';

/** The versions of the API. Source: https://platform.claude.com/docs/en/api/versioning */
export const versions: readonly string[] = ['2023-06-01', '2026-10-21'];

export interface SentError {
  readonly type: string;
  readonly message: string;
  /** A stable code for the cause. */
  readonly code?: string | undefined;
  readonly retryAfter?: string | undefined;
}

/** The error's type for a status. Source: https://platform.claude.com/docs/en/api/errors */
export function errorType(status: number): string {
  switch (status) {
    case 401:
      return 'authentication_error';
    case 402:
      return 'billing_error';
    case 403:
      return 'permission_error';
    case 404:
      return 'not_found_error';
    case 413:
      return 'request_too_large';
    case 429:
      return 'rate_limit_error';
    case 504:
      return 'timeout_error';
    case 529:
      return 'overloaded_error';
    default:
      return status < 500 ? 'invalid_request_error' : 'api_error';
  }
}

/** Sends an error as the service does. */
export function sendError(
  response: ServerResponse,
  status: number,
  { type, message, code, retryAfter }: SentError,
): void {
  const body = {
    type: 'error',
    error: { type, message, ...(code !== undefined && { details: { error_code: code } }) },
    request_id: response.getHeader('request-id'),
  };
  response
    .writeHead(status, {
      'content-type': 'application/json',
      'x-should-retry': String(status === 429 || status >= 500),
      ...(retryAfter !== undefined && { 'retry-after': retryAfter }),
    })
    .end(JSON.stringify(body));
}

/** The whole body of a request. */
export async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
