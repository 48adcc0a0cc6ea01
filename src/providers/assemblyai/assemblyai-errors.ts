/**
 * Converts AssemblyAI's failures to {@link ProviderError}s. The server's text is quoted without the key: a proxy may repeat
 * what it was sent.
 *
 * Sources: https://www.assemblyai.com/docs/streaming/common-session-errors-and-closures; the codes above 4000 are from the
 * vendor's SDK (`utils/errors/streaming.ts`).
 */
import { ProviderError, type ProviderErrorCategory } from '../../core/errors.js';
import type { LiveFailure } from '../live-socket.js';

/** What errors need to know about the stream. */
export interface Asked {
  readonly apiKey: string;
  readonly model: string;
}

/** Makes a ProviderError of this provider. */
export function assemblyAiError(
  category: ProviderErrorCategory,
  message: string,
  cause?: unknown,
  details: { readonly retryAfterMs?: number | undefined; readonly field?: string } = {},
): ProviderError {
  const { retryAfterMs, field } = details;
  return new ProviderError(message, {
    kind: 'stt',
    provider: 'assemblyai',
    category,
    cause,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(field !== undefined && { field }),
  });
}

/** The error for a failure of the connection. */
export function connectionError(failure: LiveFailure, asked: Asked): ProviderError {
  switch (failure.type) {
    case 'status':
      return statusError(failure.status, failure.body, asked, failure.retryAfterMs);
    case 'close':
      return codeError(failure.code, failure.reason, asked, 'closed the connection');
    case 'timeout':
      return assemblyAiError('timeout', `AssemblyAI did not begin within ${failure.afterMs} ms.`);
    case 'dead':
      return assemblyAiError('timeout', 'AssemblyAI answers no pings: the connection is dead.');
    case 'stuck':
      return assemblyAiError('connection', 'AssemblyAI takes no more audio: the connection is stuck.');
    case 'connection':
      return assemblyAiError(
        'connection',
        `There is no connection to AssemblyAI: ${quote(failure.message, asked.apiKey)}`,
        failure.cause,
      );
  }
}

/** The error for a request that was refused with an HTTP status. */
export function statusError(
  status: number,
  body: string,
  { apiKey }: Asked,
  retryAfterMs?: number,
): ProviderError {
  const category = categoryOfStatus(status);
  const said = quote(body, apiKey);
  const what = `AssemblyAI refused the connection (HTTP ${status}${said === '' ? '' : `: ${said}`}).`;
  const wait = retryAfterMs === undefined ? '' : ` It asks to wait ${retryAfterMs} ms.`;
  return assemblyAiError(category, `${what}${wait}${remedyOf(category, status === 402)}`, undefined, {
    retryAfterMs,
  });
}

/** The error for a code and a reason, of an error message or of the close of the connection. */
export function codeError(code: number, reason: string, asked: Asked, what: string): ProviderError {
  const said = quote(reason, asked.apiKey);
  const category = categoryOfCode(code, reason);
  const message = `AssemblyAI ${what} (code ${code}${said === '' ? '' : `: ${said}`}).`;
  if (category === 'bad_request' && /\bspeech[_ ]model\b/i.test(reason))
    return assemblyAiError(
      category,
      `stt.model: AssemblyAI does not serve '${asked.model}'. ${message} Choose a model of https://www.assemblyai.com/docs/streaming/model-selection.`,
      undefined,
      { field: 'stt.model' },
    );
  return assemblyAiError(category, message + remedyOf(category, noCredit.test(reason)));
}

const noCredit = /(?<![a-z])(?:balance|funds?|credits?|billing|payments?|paid-only)(?![a-z])/i;

function remedyOf(category: ProviderErrorCategory, isCredit: boolean): string {
  if (isCredit) return ' Add credit to the account: https://www.assemblyai.com/app/billing.';
  if (category === 'auth') return ' Check ASSEMBLYAI_API_KEY and the account behind it.';
  return category === 'bad_request' ? ' Check the model and the options of stt.' : '';
}

function categoryOfStatus(status: number): ProviderErrorCategory {
  if (status === 401 || status === 402 || status === 403) return 'auth';
  if (status === 429) return 'rate_limit';
  if (status === 408) return 'timeout';
  return status >= 400 && status < 500 ? 'bad_request' : 'server';
}

/** Until February 2026 the codes 3005 and 1008 stood for all reasons, so the reason is asked first. */
function categoryOfCode(code: number, reason: string): ProviderErrorCategory {
  if (/too many concurrent|rate limit|transmission rate/i.test(reason)) return 'rate_limit';
  if (/session expired|maximum session duration/i.test(reason)) return 'connection';
  if (noCredit.test(reason) || /unauthori[sz]ed|not authori[sz]ed/i.test(reason)) return 'auth';
  if (/invalid (message|json)|duration violation|validation error/i.test(reason)) return 'bad_request';
  return categories.get(code) ?? (code >= 3000 ? 'server' : 'connection');
}

const categories = new Map<number, ProviderErrorCategory>([
  [1008, 'auth'],
  [1011, 'server'],
  [1012, 'server'],
  [1013, 'server'],
  [3006, 'bad_request'],
  [3007, 'bad_request'],
  [3008, 'connection'],
  [3009, 'rate_limit'],
  [4000, 'bad_request'],
  [4001, 'auth'],
  [4002, 'auth'],
  [4003, 'auth'],
  [4008, 'connection'],
  [4010, 'connection'],
  [4029, 'rate_limit'],
  [4030, 'connection'],
  [4031, 'connection'],
  [4032, 'bad_request'],
  [4033, 'bad_request'],
  [4034, 'bad_request'],
  [4101, 'bad_request'],
  [4102, 'rate_limit'],
  [4103, 'connection'],
]);

/** The server's text for an error message, without the key. */
function quote(text: string, apiKey: string): string {
  return text.replaceAll(apiKey, '[key]').trim();
}
