import { z } from 'zod';
import { ProviderError, messageOf, type ProviderErrorCategory } from '../../errors.js';
import { AnswerError } from './answer-reader.js';

/** What the SDK's errors carry, and what fetch's do; either may lack all of it. */
const thrownSchema = z.object({
  name: z.string().catch('Error'),
  status: z.number().optional().catch(undefined),
  code: z.string().nullish().catch(undefined),
  type: z.string().nullish().catch(undefined),
  headers: z
    .custom<Headers>((value) => typeof (value as Headers | null | undefined)?.get === 'function')
    .optional()
    .catch(undefined),
});

interface Verdict {
  readonly category: ProviderErrorCategory;
  /** Where it differs from what the category says. */
  readonly retryable?: boolean;
}

/** What is known where a failure happened. */
export interface FailureContext {
  /** Name of the provider. */
  readonly provider: string;
  /** Which must not get into the error, however the server quotes it. */
  readonly apiKey: string;
}

/**
 * Makes a ProviderError of whatever the SDK or the connection threw. Its cause is a plain copy: the SDK's own errors hold
 * the server's answer, which may quote the key.
 */
export function openAiError(thrown: unknown, { provider, apiKey }: FailureContext): ProviderError {
  if (thrown instanceof ProviderError) return thrown;
  const withoutKey = (text: string): string => (apiKey.length < 8 ? text : text.replaceAll(apiKey, '[key]'));
  const parsed = thrownSchema.safeParse(thrown);
  const fields = parsed.success ? parsed.data : { name: 'Error' };
  const { category, retryable } = thrown instanceof AnswerError ? thrown : verdictOn(fields);
  const retryAfterMs = fields.headers && retryAfter(fields.headers);
  const cause = new Error(withoutKey(causeChain(thrown)));
  cause.name = fields.name;
  return new ProviderError(withoutKey(describe(thrown, category, provider, fields.status)), {
    kind: 'llm',
    provider,
    category,
    cause,
    ...(retryable !== undefined && { retryable }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

/** What an error code in the stream means; there is no status any more. */
export function categoryOfCode(code: string | null | undefined): Verdict {
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

function verdictOn({ name, status, code, type }: z.infer<typeof thrownSchema>): Verdict {
  if (status === undefined) {
    if (name === 'SyntaxError') return { category: 'server' };
    if (code || type) return categoryOfCode(code ?? type);
    // The SDK's connection errors, and what fetch throws where a connection breaks in the middle.
    return { category: 'connection' };
  }
  if (status === 401 || status === 403) return { category: 'auth' };
  if (status === 408) return { category: 'timeout' };
  // An empty account does not fill up while a caller waits.
  if (status === 429) return { category: 'rate_limit', retryable: code !== 'insufficient_quota' };
  if (status === 409 || status >= 500) return { category: 'server' };
  return { category: 'bad_request' };
}

function describe(
  thrown: unknown,
  category: ProviderErrorCategory,
  provider: string,
  status: number | undefined,
): string {
  // The server's own words quote part of the key here.
  if (category === 'auth')
    return `The API key for ${provider} was refused (HTTP ${status ?? 401}): check OPENAI_API_KEY, or the apiKey in the config.`;
  if (category === 'connection' && !(thrown instanceof AnswerError))
    return `The connection to ${provider} failed: ${causeChain(thrown)}`;
  return `The language model ${provider} failed: ${messageOf(thrown)}`;
}

/** Messages from the outermost error to the root: fetch says what happened only in its causes. */
function causeChain(thrown: unknown): string {
  const messages = [];
  for (let error: unknown = thrown; messages.length < 4 && error !== undefined && error !== null;) {
    const message = messageOf(error);
    const { code } = error as { readonly code?: unknown };
    messages.push(message === '' && typeof code === 'string' ? code : message);
    error = (error as { readonly cause?: unknown }).cause;
  }
  return messages.filter((message) => message !== '').join(': ');
}

/**
 * How long the server asks to wait, in milliseconds. A date is compared with the server's own, so that clocks may differ.
 *
 * Source: RFC 9110 section 10.2.3; `retry-after-ms` is OpenAI's
 */
function retryAfter(headers: Headers): number | undefined {
  const exact = Number(headers.get('retry-after-ms') ?? NaN);
  if (exact >= 0) return exact;
  const asked = headers.get('retry-after') ?? '';
  const waitMs = /^\d+$/.test(asked)
    ? Number(asked) * 1000
    : Date.parse(asked) - Date.parse(headers.get('date') ?? '');
  return Number.isNaN(waitMs) ? undefined : Math.max(0, waitMs);
}
