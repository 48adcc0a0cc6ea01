import { ProviderError, messageOf, type ProviderErrorCategory } from '../../core/errors.js';
import { AnswerError } from './answer-error.js';
import { Refusal } from './error-body.js';
import { suggestedModel } from './known-models.js';

/** What is known about a failed request. */
export interface FailureContext {
  /** Name of the provider. */
  readonly provider: string;
  /** The key, which is removed from the error's text. */
  readonly apiKey: string;
  /** The requested model. */
  readonly model: string;
}

interface Verdict {
  readonly category: ProviderErrorCategory;
  /** Set only if it differs from the category's default. */
  readonly retryable?: boolean;
}

/** Makes a ProviderError from a refusal, an incomplete answer, or what the connection threw. */
export function googleError(thrown: unknown, context: FailureContext): ProviderError {
  if (thrown instanceof ProviderError) return thrown;
  const { provider, apiKey } = context;
  const withoutKey = (text: string): string => masked(text, apiKey);
  const isModel = thrown instanceof Refusal && isUnknownModel(thrown);
  const { category, retryable } = verdictOn(thrown);
  const cause = new Error(withoutKey(causeChain(thrown)));
  cause.name = thrown instanceof Error ? thrown.name : 'Error';
  const waitMs = thrown instanceof Refusal ? thrown.retryAfterMs : undefined;
  return new ProviderError(
    withoutKey(isModel ? unknownModel(thrown, context) : describe(thrown, category, provider)),
    {
      ...{ kind: 'llm', provider, category, cause },
      ...(retryable !== undefined && { retryable }),
      ...(waitMs !== undefined && { retryAfterMs: waitMs }),
      ...(isModel && { field: 'llm.model' }),
    },
  );
}

/**
 * The category of a failure. An invalid key is answered with 400 `INVALID_ARGUMENT`, and only the reason in the details says
 * so.
 *
 * Source: https://ai.google.dev/gemini-api/docs/troubleshooting, google-gemini/gemini-cli issue 25198
 */
function verdictOn(thrown: unknown): Verdict {
  if (thrown instanceof AnswerError) return { category: thrown.category };
  if (!(thrown instanceof Refusal)) return { category: 'connection' };
  const { httpStatus: status, status: word, reason } = thrown;
  if (reason.startsWith('API_KEY_') || isAboutKey(thrown)) return { category: 'auth' };
  if (status === 401 || status === 402 || status === 403) return { category: 'auth' };
  if (word === 'UNAUTHENTICATED' || word === 'PERMISSION_DENIED') return { category: 'auth' };
  if (status === 429 || word === 'RESOURCE_EXHAUSTED')
    // A retry during the call does not help.
    return isUsedUp(thrown) ? { category: 'rate_limit', retryable: false } : { category: 'rate_limit' };
  if (status === 408 || status === 499) return { category: 'timeout' };
  if (status === 409) return { category: 'server' };
  return { category: status !== null && status >= 400 && status < 500 ? 'bad_request' : 'server' };
}

function isAboutKey({ httpStatus, message }: Refusal): boolean {
  return httpStatus === 400 && /\bAPI key (?:not valid|not found|expired)/i.test(message);
}

/** Whether the quota of the day or the credits are used up. */
function isUsedUp({ quotas, message }: Refusal): boolean {
  return quotas.some((quota) => quota.includes('PerDay')) || /credits are depleted|limit: 0\b/i.test(message);
}

/** Whether the service does not have the model. A 404 in another form than Google's comes from a wrong address. */
export function isUnknownModel({ httpStatus, isGoogles }: Refusal): boolean {
  return httpStatus === 404 && isGoogles;
}

function unknownModel({ message }: Error, { provider, model }: FailureContext): string {
  return `${provider} has no model '${model}' (${message}): name another one in llm.model, for example '${suggestedModel(model)}'.`;
}

function describe(thrown: unknown, category: ProviderErrorCategory, provider: string): string {
  const text = messageOf(thrown);
  if (category === 'auth' && thrown instanceof Refusal) {
    const status = thrown.httpStatus === null ? '' : ` (HTTP ${thrown.httpStatus})`;
    if (thrown.httpStatus === 402)
      return `The account for ${provider} has no credit${status}: ${ended(text)} Add credit at https://aistudio.google.com.`;
    return `The API key for ${provider} was refused${status}: ${ended(text)} Check GEMINI_API_KEY, or the apiKey in the config.`;
  }
  if (category === 'connection' && !(thrown instanceof AnswerError))
    return `The connection to ${provider} failed: ${causeChain(thrown)}`;
  if (thrown instanceof Refusal && thrown.httpStatus === 404)
    return `The language model ${provider} failed: ${ended(text)} Check the base URL.`;
  return `The language model ${provider} failed: ${text}`;
}

function ended(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}

/** Google's API keys, old and new. */
const secrets = /\b(?:AIza|AQ\.)[\w-]{10,}/g;

/** Replaces the key, and whatever looks like one, by `[key]`. */
function masked(text: string, apiKey: string): string {
  const whole = apiKey.length < 8 ? text : text.replaceAll(apiKey, '[key]');
  return whole.replace(secrets, '[key]');
}

/** The messages of an error and its causes, joined: fetch reports the reason only in its causes. */
function causeChain(thrown: unknown): string {
  const messages: string[] = [];
  for (let error: unknown = thrown; messages.length < 4 && error !== undefined && error !== null;) {
    const message = messageOf(error);
    const { code, cause } = Object(error) as { readonly code?: unknown; readonly cause?: unknown };
    messages.push(message === '' && typeof code === 'string' ? code : message);
    error = cause;
  }
  return messages.filter((message) => message !== '').join(': ');
}
