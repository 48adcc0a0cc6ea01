import { messageOf, ProviderError, type ProviderErrorCategory } from '../../core/errors.js';
import { retryAfterMs } from '../../network/retry-after.js';
import { requestIdOf } from '../request-id.js';
import { AnswerError, HttpRefusal } from './answer-error.js';
import { categoryOfStatus } from './error-category.js';
import { suggestedModel } from './known-models.js';

/** On every answer: https://platform.claude.com/docs/en/api/errors, "Request id" */
export const requestIdHeader = 'request-id';

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
  readonly message: string;
  readonly retryable?: boolean | undefined;
  readonly field?: string;
}

/**
 * Makes a ProviderError from what a request threw. The cause is a plain copy without the key: a server or a proxy may quote
 * it.
 */
export function anthropicError(thrown: unknown, context: FailureContext): ProviderError {
  if (thrown instanceof ProviderError) return thrown;
  const { provider, apiKey } = context;
  const withoutKey = (text: string): string => masked(text, apiKey);
  const { category, message, retryable, field } = verdictOn(thrown, context);
  const headers = thrown instanceof HttpRefusal ? thrown.headers : null;
  const waitMs = headers ? retryAfterMs((name) => headers.get(name)) : undefined;
  const requestId = headers ? requestIdOf(headers.get(requestIdHeader), apiKey) : undefined;
  const cause = new Error(withoutKey(causeChain(thrown)));
  cause.name = (thrown as Error | null)?.name ?? 'Error';
  return new ProviderError(withoutKey(message), {
    ...{ kind: 'llm', provider, category, cause },
    ...(retryable !== undefined && { retryable }),
    ...(waitMs !== undefined && { retryAfterMs: waitMs }),
    ...(requestId !== undefined && { requestId }),
    ...(field !== undefined && { field }),
  });
}

function verdictOn(thrown: unknown, context: FailureContext): Verdict {
  const { provider, model } = context;
  if (thrown instanceof AnswerError) {
    const { category, retryable } = thrown;
    const message =
      category === 'auth'
        ? `${provider} refused the request: ${thrown.message} Check ANTHROPIC_API_KEY, or the apiKey in the config.`
        : `The language model ${provider} failed: ${thrown.message}`;
    return { category, retryable, message };
  }
  if (!(thrown instanceof HttpRefusal))
    return {
      category: 'connection',
      message: `The connection to ${provider} failed: ${causeChain(thrown)}`,
    };
  if (lacksCredit(thrown))
    return {
      category: 'auth',
      message: `${provider} does not serve this account (HTTP ${thrown.status}): ${thrown.message} Add credits or raise the limit at https://console.anthropic.com/settings/billing.`,
    };
  if (isUnknownModel(thrown, model))
    return {
      category: 'bad_request',
      field: 'llm.model',
      message: `${provider} does not have the model '${model}'. Name a current one as llm.model, for example '${suggestedModel(model)}'.`,
    };
  const category = categoryOfStatus(thrown.status);
  if (category === 'auth') {
    // The message of a 401 may quote the key; a 403 says what the key may not do.
    const words = thrown.status === 403 ? `: ${thrown.message.replace(/\.$/, '')}. Check` : ': check';
    return {
      category,
      message: `The API key for ${provider} was refused (HTTP ${thrown.status})${words} ANTHROPIC_API_KEY, or the apiKey in the config.`,
    };
  }
  return {
    category,
    ...(isFinal(thrown) && { retryable: false }),
    message: `The language model ${provider} failed (HTTP ${thrown.status}): ${thrown.message}`,
  };
}

/**
 * Whether the account has no credit, or reached a limit that its owner set. The service tells that with 402, or with 400 and
 * only in words ("Your credit balance is too low …", "You have reached your specified API usage limits …").
 *
 * Source: https://github.com/anthropics/claude-code/issues/66314, and https://platform.claude.com/docs/en/api/errors
 */
function lacksCredit({ status, type, message }: HttpRefusal): boolean {
  if (status === 402 || type === 'billing_error') return true;
  return status === 400 && /\bcredit balance is too low\b|\b(?:usage|spend) limits?\b/i.test(message);
}

/** Whether a retry fails as well: the service says so, or the account's own limit lasts until the next month. */
function isFinal({ status, code, headers }: HttpRefusal): boolean {
  if (status < 500 && status !== 429) return false;
  if (headers.get('x-should-retry') === 'false') return true;
  return code === 'enforced_spend_limit_reached' || code === 'contract_spend_limit_reached';
}

/** Whether the service does not have the model (any more): its 404 says `model: NAME`. */
export function isUnknownModel(thrown: unknown, model: string): boolean {
  if (!(thrown instanceof HttpRefusal) || thrown.status !== 404 || thrown.type !== 'not_found_error')
    return false;
  return thrown.message.includes('model') || thrown.message.includes(model);
}

/** Keys as Anthropic writes them, whole or with stars. */
const secrets = /\bBearer\s+[^\s"',;]+|\bsk-ant-[A-Za-z0-9_*-]{6,}/g;

/** Replaces the key, and what looks like one, by `[key]`. */
function masked(text: string, apiKey: string): string {
  const whole = apiKey.length < 8 ? text : text.replaceAll(apiKey, '[key]');
  return whole.replace(secrets, '[key]');
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
