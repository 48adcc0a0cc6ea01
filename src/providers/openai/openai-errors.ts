import { z } from 'zod';
import { ProviderError, messageOf, type ProviderErrorCategory } from '../../core/errors.js';
import { retryAfterMs } from '../../network/retry-after.js';
import { requestIdOf } from '../request-id.js';
import { AnswerError } from './answer-reader.js';
import { categoryOfCode, categoryOfStatus, type Verdict } from './error-category.js';
import type { ServiceTraits } from './service-traits.js';
import { isUnknownModel, unknownModelMessage } from './unknown-model.js';

/** On every answer: https://developers.openai.com/api/reference/overview, "Debugging requests" */
export const requestIdHeader = 'x-request-id';

/** Fields of the SDK's and fetch's errors; any may be missing. */
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

/** What is known about a failed request. */
export interface FailureContext {
  /** Name of the provider. */
  readonly provider: string;
  /** The key, which is removed from the error's text. */
  readonly apiKey: string;
  /** The requested model. */
  readonly model: string;
  /** Whether the server is OpenAI's own. */
  readonly isOwnService: boolean;
  readonly service: ServiceTraits;
}

/**
 * Makes a ProviderError from what the SDK or the connection threw. The cause is a plain copy: the SDK's own errors
 * contain the server's answer, which may quote the key.
 */
export function openAiError(thrown: unknown, context: FailureContext): ProviderError {
  if (thrown instanceof ProviderError) return thrown;
  const { provider, apiKey } = context;
  const withoutKey = (text: string): string => masked(text, apiKey);
  const parsed = thrownSchema.safeParse(thrown);
  const fields = parsed.success ? parsed.data : { name: 'Error' };
  const requestId = fields.headers && requestIdOf(fields.headers.get(requestIdHeader), apiKey);
  if (isUnknownModel(thrown))
    return new ProviderError(withoutKey(unknownModelMessage(messageOf(thrown), context)), {
      ...{ kind: 'llm', provider, category: 'bad_request', field: 'llm.model' },
      ...(requestId !== undefined && { requestId }),
      cause: plainCause(thrown, fields.name, withoutKey),
    });
  const { category, retryable } = thrown instanceof AnswerError ? thrown : verdictOn(fields);
  const { headers } = fields;
  const waitMs = headers && retryAfterMs((name) => headers.get(name));
  const cause = plainCause(thrown, fields.name, withoutKey);
  return new ProviderError(withoutKey(describe(thrown, category, context, fields.status)), {
    kind: 'llm',
    provider,
    category,
    cause,
    ...(retryable !== undefined && { retryable }),
    ...(waitMs !== undefined && { retryAfterMs: waitMs }),
    ...(requestId !== undefined && { requestId }),
  });
}

function verdictOn({ name, status, code, type }: z.infer<typeof thrownSchema>): Verdict {
  if (status === undefined) {
    if (name === 'SyntaxError') return { category: 'server' };
    if (code || type) return categoryOfCode(code ?? type);
    // The SDK's connection errors, and fetch's errors for a connection that breaks in the middle of an answer.
    return { category: 'connection' };
  }
  // Without credit a retry during the call does not help.
  if (status === 429) return { category: 'rate_limit', retryable: code !== 'insufficient_quota' };
  return categoryOfStatus(status);
}

function describe(
  thrown: unknown,
  category: ProviderErrorCategory,
  { provider, service }: FailureContext,
  status: number | undefined,
): string {
  if (category === 'auth' && (status ?? codeOf(thrown)) === 402)
    return `${sentence(`${provider} refused the request for lack of credit (HTTP 402): ${withoutStatus(messageOf(thrown))}`)} Add credit at ${service.page}.`;
  if (category === 'auth') {
    const refused = `The API key for ${provider} was refused (HTTP ${status ?? 401})`;
    // A 403 says what the key may not do. The message of a 401 quotes part of the key, so it is left out.
    const words = status === 403 ? `: ${withoutStatus(messageOf(thrown))}` : '';
    return `${refused}${words}: check ${service.keyVariable}, or the apiKey in the config.`.replace(
      '.: check',
      '. Check',
    );
  }
  if (category === 'connection' && !(thrown instanceof AnswerError)) {
    const why = causeChain(thrown);
    const remedy = service.refusedRemedy !== undefined && why.includes('ECONNREFUSED');
    return `The connection to ${provider} failed: ${why}${remedy ? `. ${service.refusedRemedy}` : ''}`;
  }
  return `The language model ${provider} failed: ${messageOf(thrown)}`;
}

/** The status that a server sent in the middle of a stream. */
function codeOf(thrown: unknown): number | undefined {
  return thrown instanceof AnswerError ? thrown.status : undefined;
}

function sentence(text: string): string {
  return text.endsWith('.') ? text : `${text}.`;
}

/** Removes the HTTP status that the SDK puts first. */
function withoutStatus(message: string): string {
  return message.replace(/^\d{3} /, '');
}

/** Patterns of secrets: `Bearer` tokens and keys like OpenAI's. */
const secrets = /\bBearer\s+[^\s"',;]+|\b(?:sk|gsk|xai|pplx)[-_][A-Za-z0-9_*-]{6,}/g;

/** Replaces the key, and the parts of it that servers quote, by `[key]`. */
function masked(text: string, apiKey: string): string {
  const whole = apiKey.length < 8 ? text : text.replaceAll(apiKey, '[key]');
  return whole.replace(secrets, '[key]');
}

function plainCause(thrown: unknown, name: string, withoutKey: (text: string) => string): Error {
  const cause = new Error(withoutKey(causeChain(thrown)));
  cause.name = name;
  return cause;
}

/** The messages of an error and its causes, joined: fetch reports the reason only in its causes. */
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
