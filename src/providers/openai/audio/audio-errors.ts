/** Converts failures of OpenAI's voice and recogniser to {@link ProviderError}s. No error contains the key. */
import {
  connectFailureOf,
  messageOf,
  ProviderError,
  type ProviderErrorCategory,
  type ProviderKind,
} from '../../../core/errors.js';
import { categoryOfCode, categoryOfStatus, type Verdict } from '../error-category.js';
import { errorBody, type ErrorBody } from '../error-body.js';
import { isUnknownModel } from '../unknown-model.js';

/** What is known about the request that failed. */
export interface AudioFailureContext {
  readonly kind: ProviderKind;
  /** The key, which is removed from the error's text. */
  readonly apiKey: string;
  readonly model: string;
}

/**
 * A model to name instead of one that is not available, by kind. The speech endpoint gets no successors:
 * https://developers.openai.com/api/docs/deprecations
 */
export const usualModels = { stt: 'gpt-live-transcribe', tts: 'gpt-4o-mini-tts' } as const;

/** On every answer: https://developers.openai.com/api/reference/overview, "Debugging requests" */
export const requestIdHeader = 'x-request-id';

/** An answer with an HTTP error status. */
export interface RefusedAnswer {
  readonly status: number;
  readonly body: string;
  readonly retryAfterMs?: number | undefined;
  readonly requestId?: string | undefined;
}

/** The error for an answer with an error status. */
export function refusalError(answer: RefusedAnswer, context: AudioFailureContext): ProviderError {
  const { status, retryAfterMs, requestId } = answer;
  const said = errorBody(jsonOf(answer.body));
  const field = refusedField(status, said, context.kind);
  const verdict = verdictOn(status, said);
  const category = field === undefined ? verdict.category : 'bad_request';
  return audioError(category, describeRefusal(status, said, field, context), context, {
    ...(field === undefined
      ? verdict.retryable !== undefined && { retryable: verdict.retryable }
      : { field }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(requestId !== undefined && { requestId }),
  });
}

/** The error for an error that OpenAI reports inside a stream. */
export function reportedError(said: ErrorBody, context: AudioFailureContext): ProviderError {
  const { code, type, message } = said;
  const field = refusedField(400, said, context.kind);
  // Sources: twilio-samples/speech-assistant-openai-realtime-api-python issue 10, and the codes of the HTTP API.
  if (code === 'session_expired')
    return audioError('connection', `OpenAI ended the session: ${message}`, context);
  if (field !== undefined)
    return audioError('bad_request', describeRefusal(400, said, field, context), context, { field });
  const verdict = categoryOfCode(code !== null && isKnownCode(code) ? code : type);
  const remedy = verdict.category === 'auth' ? ` ${keyRemedy}` : '';
  // The message about a wrong key quotes part of it.
  const words = verdict.category === 'auth' ? 'The key was refused.' : message;
  return audioError(verdict.category, `OpenAI reports an error: ${words}${remedy}`, context, {
    ...(verdict.retryable !== undefined && { retryable: verdict.retryable }),
  });
}

/** The error for a request or a connection that broke. */
export function connectionError(thrown: unknown, context: AudioFailureContext): ProviderError {
  if (thrown instanceof ProviderError) return thrown;
  const { cause } = Object(thrown) as { readonly cause?: unknown };
  const why = connectFailureOf(Object(cause ?? thrown) as object) || messageOf(thrown);
  return audioError('connection', `The connection to OpenAI failed: ${why}`, context, {
    cause: new Error(withoutKey(messageOf(thrown), context.apiKey)),
  });
}

/** Makes an error of this provider, without the key. */
export function audioError(
  category: ProviderErrorCategory,
  message: string,
  { kind, apiKey }: AudioFailureContext,
  more: Partial<ConstructorParameters<typeof ProviderError>[1]> = {},
): ProviderError {
  return new ProviderError(withoutKey(message, apiKey), { ...more, kind, provider: 'openai', category });
}

/** Patterns of secrets: `Bearer` tokens and keys like OpenAI's. */
const secrets = /\bBearer\s+[^\s"',;]+|\bsk[-_][A-Za-z0-9_*-]{6,}/g;

/** Replaces the key, and the parts of it that servers quote, by `[key]`. */
export function withoutKey(text: string, apiKey: string): string {
  const whole = apiKey.length < 8 ? text : text.replaceAll(apiKey, '[key]');
  return whole.replace(secrets, '[key]');
}

const keyRemedy = 'Check OPENAI_API_KEY, or the apiKey in the config.';
const creditRemedy = 'Add credit on https://platform.openai.com/settings/organization/billing.';

function verdictOn(status: number, said: ErrorBody | null): Verdict {
  if (status === 402) return { category: 'auth' };
  // Without credit a retry during the call does not help.
  if (isOutOfCredit(said)) return { category: 'rate_limit', retryable: false };
  return categoryOfStatus(status);
}

function isOutOfCredit(said: ErrorBody | null): boolean {
  return said?.code === 'insufficient_quota' || said?.type === 'insufficient_quota';
}

function describeRefusal(
  status: number,
  said: ErrorBody | null,
  field: string | undefined,
  { kind, model }: AudioFailureContext,
): string {
  const words = said === null ? `HTTP ${status}` : `HTTP ${status}: ${said.message}`;
  if (field?.endsWith('.model') === true)
    return `OpenAI does not have the model '${model}' (${words}). Name another as ${field}, for example '${usualModels[kind as 'stt' | 'tts']}'.`;
  if (field !== undefined) return `OpenAI refused ${field} (${words}).`;
  // The message of a 401 quotes part of the key; a 403 says what the key may not do.
  if (status === 401) return `OpenAI refused the key (HTTP 401). ${keyRemedy}`;
  if (status === 403) return `OpenAI refused the key (${words}). ${keyRemedy}`;
  const isUnpaid = status === 402 || isOutOfCredit(said);
  return `OpenAI refused the request (${words}).${isUnpaid ? ` ${creditRemedy}` : ''}`;
}

/** The config field that an error names, if any. */
function refusedField(status: number, said: ErrorBody | null, kind: ProviderKind): string | undefined {
  if (said === null || status >= 500 || status === 401 || status === 429) return undefined;
  if (isUnknownModel({ ...said, status })) return `${kind}.model`;
  if (status === 403) return undefined;
  const named = fields.find(([pattern]) => pattern.test(said.param ?? ''))?.[1];
  return named === undefined ? undefined : `${kind}.${named}`;
}

/** Parameters of the API, and the config's fields for them. */
const fields: readonly (readonly [RegExp, string])[] = [
  [/(?:^|\.)model$/, 'model'],
  [/(?:^|\.)voice$/, 'voice'],
  [/(?:^|\.)instructions$/, 'instructions'],
  [/(?:^|\.)speed$/, 'speed'],
  [/(?:^|\.)languages?(?:$|[.[])/, 'language'],
  [/(?:^|\.)keywords(?:$|[.[])/, 'keyterms'],
  [/(?:^|\.)prompt$/, 'prompt'],
  [/(?:^|\.)delay$/, 'delay'],
  [/(?:^|\.)noise_reduction(?:$|\.)/, 'noiseReduction'],
];

function isKnownCode(code: string): boolean {
  return categoryOfCode(code).category !== 'server';
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
