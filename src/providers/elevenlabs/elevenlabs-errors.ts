/** Interprets ElevenLabs' failures: whether a retry may help, and which field of the config was refused. */
import { z } from 'zod';
import { ProviderError, messageOf, type ProviderErrorCategory } from '../../core/errors.js';
import { retryAfterMs } from '../../network/retry-after.js';
import { requestIdOf } from '../request-id.js';
import { errorDetail } from './error-detail.js';

/** A failure in ElevenLabs' or HTTP's terms. */
export interface ElevenLabsFailure {
  readonly message: string;
  /** HTTP status of a refused handshake or a failed request. */
  readonly status?: number | undefined;
  /** ElevenLabs' own code, for example `quota_exceeded`. */
  readonly code?: string | undefined;
  /** Close code of a WebSocket that was closed or is about to be. */
  readonly closeCode?: number | undefined;
  readonly category?: ProviderErrorCategory;
  /** The config's field that was refused, if known. */
  readonly field?: RefusedField | undefined;
  /** How long the server asks to wait. */
  readonly retryAfterMs?: number | undefined;
  /** ElevenLabs' id of the request, as it came. */
  readonly requestId?: string | null | undefined;
  readonly cause?: unknown;
}

export type RefusedField = 'tts.voiceId' | 'tts.modelId' | 'tts.languageCode' | 'tts.voiceSettings';

/** What was requested, for errors. The key is needed to remove it from their texts. */
export interface Asked {
  readonly apiKey: string;
  /** Null until one is picked. */
  readonly voiceId: string | null;
  readonly modelId: string;
  readonly languageCode?: string | undefined;
}

/** The data cannot be speech in the requested format. */
export const wrongFormat: ElevenLabsFailure = {
  message: 'It sent audio in another format than requested.',
  category: 'server',
};

/** Makes a ProviderError from a failure. Removes the key from all texts, in case the server quotes it. */
export function elevenLabsError(failure: ElevenLabsFailure, asked: Asked): ProviderError {
  const { apiKey } = asked;
  const withoutKey = (text: string): string => (apiKey.length < 8 ? text : text.replaceAll(apiKey, '[key]'));
  const { message, code, retryAfterMs, cause } = failure;
  const category = categoryOf(failure);
  const field = category === 'bad_request' ? refusedField(failure) : undefined;
  const requestId = requestIdOf(failure.requestId, apiKey);
  return new ProviderError(withoutKey(describe(failure, category, field, asked)), {
    kind: 'tts',
    provider: 'elevenlabs',
    category,
    cause: new Error(withoutKey(cause === undefined ? message : messageOf(cause))),
    // A used-up quota does not recover during a call.
    ...(usedUp.test(code ?? '') && { retryable: false }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(field !== undefined && { field }),
    ...(requestId !== undefined && { requestId }),
  });
}

/**
 * The header by which ElevenLabs names a request: https://elevenlabs.io/docs/cookbooks/text-to-speech/request-stitching.
 * Its SDK's errors look for it with an `x-` before.
 */
export function requestIdIn(get: (name: string) => string | null | undefined): string | null | undefined {
  return get('request-id') ?? get('x-request-id');
}

function describe(
  { message, code }: ElevenLabsFailure,
  category: ProviderErrorCategory,
  field: RefusedField | undefined,
  asked: Asked,
): string {
  const said = withoutEnd(`${message}${code && !message.includes(code) ? ` (${code})` : ''}`);
  if (category === 'auth')
    return `The API key for elevenlabs was refused: check ELEVENLABS_API_KEY, or the apiKey in the config. It said: ${said}.`;
  if (field === undefined) return `Speech synthesis by elevenlabs failed: ${said}.`;
  if (field === 'tts.voiceId' && asked.voiceId === null)
    return `There is no voice of elevenlabs to speak with: ${said}. ${remedies[field]}`;
  return `elevenlabs refused ${valueOf(field, asked)}: ${said}. ${remedies[field]}`;
}

function valueOf(field: RefusedField, { voiceId, modelId, languageCode }: Asked): string {
  switch (field) {
    case 'tts.voiceId':
      return `the voice '${voiceId ?? ''}'`;
    case 'tts.modelId':
      return `the model '${modelId}'`;
    case 'tts.languageCode':
      return `the language '${languageCode ?? ''}'`;
    case 'tts.voiceSettings':
      return 'the voice settings';
  }
}

const remedies: Readonly<Record<RefusedField, string>> = {
  'tts.voiceId':
    'Set tts.voiceId to a voice that the account may use by API: https://elevenlabs.io/app/voice-library.',
  'tts.modelId': "Set tts.modelId to a model that the account may use, for example 'eleven_flash_v2_5'.",
  'tts.languageCode': 'Set tts.languageCode to a language that the model speaks, or leave it out.',
  'tts.voiceSettings': 'Correct tts.voiceSettings, or leave it out.',
};

function categoryOf(failure: ElevenLabsFailure): ProviderErrorCategory {
  const { category, status, code = '', closeCode } = failure;
  const known = category ?? categoryOfCode(code);
  if (known) return known;
  // An unknown code counts as a server failure: a needless retry costs less than a lost answer.
  if (status === undefined && closeCode !== undefined && code !== '') return 'server';
  return categoryOfStatus(status);
}

/** Codes of an account without credit. */
const usedUp = /^(quota_exceeded|insufficient_(credits|quota|funds))$/;
const overrun = /^(rate_limit|too_many_|concurrent_limit)/;
/**
 * Codes of a failing or busy server, even if they also name a field: `model_overloaded`, `voice_service_unavailable`.
 */
const failing = /internal|server_error|unavailable|overload|busy|went_wrong|maintenance/;
/** Codes of requests that would be refused again. */
const refused =
  /^(invalid_|unsupported_|validation_|missing_|max_active_|max_character_|text_too_|content_|terms_|detected_unusual_|feature_not_)|(^|_)not_found$|_does_not_exist$|^bad_request$|_not_allowed$|_violation$|polic(y|ies)/;

/** Null for unknown codes. */
function categoryOfCode(code: string): ProviderErrorCategory | null {
  if (
    /^(invalid_api_key|(missing|insufficient)_permissions|authentication_|authori[sz]ation_|invalid_authorization|unauthori[sz]ed|needs_authorization)/.test(
      code,
    )
  )
    return 'auth';
  if (usedUp.test(code) || overrun.test(code)) return 'rate_limit';
  if (code === 'input_timeout_exceeded') return 'connection';
  if (failing.test(code)) return 'server';
  if (fieldOfCode(code)) return 'bad_request';
  return refused.test(code) ? 'bad_request' : null;
}

function categoryOfStatus(status: number | undefined): ProviderErrorCategory {
  if (status === undefined) return 'connection';
  if (status === 401 || status === 403) return 'auth';
  if (status === 408) return 'timeout';
  if (status === 429) return 'rate_limit';
  return status >= 500 ? 'server' : 'bad_request';
}

function refusedField({ field, code = '', status, message }: ElevenLabsFailure): RefusedField | undefined {
  if (field) return field;
  const named = fieldOfCode(code);
  if (named !== plan) return named ?? undefined;
  if (status !== undefined && status !== 402 && !/voice|model/i.test(message)) return undefined;
  return /\bmodel\b/i.test(message) && !/voice/i.test(message) ? 'tts.modelId' : 'tts.voiceId';
}

/** Removes punctuation and white space at the end of a sentence. */
function withoutEnd(sentence: string): string {
  let end = sentence.length;
  while (end > 0 && /[.:\s]/.test(sentence.charAt(end - 1))) end--;
  return sentence.slice(0, end);
}

/** The account's plan does not include the requested voice or model. */
const plan = 'plan';

function fieldOfCode(code: string): RefusedField | typeof plan | null {
  if (/voice_settings/.test(code)) return 'tts.voiceSettings';
  if (/language/.test(code)) return 'tts.languageCode';
  if (/^(payment_required|paid_plan_required|subscription_required|only_for_)|_plan_required$/.test(code))
    return plan;
  if (/voice|^invalid_uid$/.test(code)) return 'tts.voiceId';
  if (/model/.test(code)) return 'tts.modelId';
  return null;
}

const thrownSchema = z.object({
  statusCode: z.number().optional().catch(undefined),
  body: z.unknown(),
  rawResponse: z
    .object({ headers: z.custom<Headers>((value) => typeof (value as Headers).get === 'function') })
    .optional()
    .catch(undefined),
});

/** Converts what the vendor's SDK, or fetch below it, threw. */
export function failureOf(thrown: unknown): ElevenLabsFailure {
  const parsed = thrownSchema.safeParse(thrown);
  const { statusCode: status, body, rawResponse } = parsed.success ? parsed.data : {};
  const waitMs = rawResponse && retryAfterMs((name) => rawResponse.headers.get(name));
  const requestId = rawResponse && requestIdIn((name) => rawResponse.headers.get(name));
  if (status !== undefined) return { ...failureOfAnswer(status, body, waitMs), requestId, cause: thrown };
  return { message: `The connection failed: ${messageOf(thrown)}.`, cause: thrown };
}

/** Converts an HTTP response with an error status. */
export function failureOfAnswer(status: number, body: unknown, waitMs?: number): ElevenLabsFailure {
  const { code, message, field } = errorDetail(body) ?? {};
  return {
    message: message ? `HTTP ${status}: ${message}` : `HTTP ${status}`,
    status,
    retryAfterMs: waitMs,
    ...(code !== undefined && { code }),
    // HTTP 402 always means that the plan does not include it.
    ...(status === 402 && code === undefined && { code: 'payment_required' }),
    ...(field !== undefined && { field }),
  };
}

/**
 * The failure in a message of the socket; null if there is none in a known shape. In a message with audio, `detail` is
 * metadata.
 */
export function failureOfMessage(raw: unknown, hasAudio: boolean): ElevenLabsFailure | null {
  // Nearly every message: a quick look spares it the schemas.
  if (!mayHoldError(raw as ErrorFields | null, hasAudio)) return null;
  const detail = errorDetail(hasAudio ? { ...(raw as object), detail: undefined } : raw);
  if (!detail) return null;
  const { message, status, field } = detail;
  const code = detail.code ?? codeOfSentence(message);
  return {
    message: message || (code ?? ''),
    ...(status !== undefined && { status }),
    ...(code !== null && { code, closeCode: policyViolation }),
    // The connection works, since it delivered the message: the server has failed.
    ...(code === null && status === undefined && { category: 'server' }),
    ...(field !== undefined && { field }),
  };
}

type ErrorFields = Partial<Record<'detail' | 'error' | 'message', unknown>>;

function mayHoldError(raw: ErrorFields | null, hasAudio: boolean): boolean {
  if (typeof raw !== 'object' || raw === null) return true;
  const { detail, error, message } = raw;
  return Boolean(error) || Boolean(message) || (!hasAudio && Boolean(detail));
}

/** ElevenLabs' close code for all refusals and many failures. */
const policyViolation = 1008;

/** Converts the close of a WebSocket, whose reason is a code or a sentence. */
export function failureOfClose(closeCode: number, reason: string): ElevenLabsFailure {
  const code = /^[a-z][a-z0-9]*(_[a-z0-9]+)+$/.test(reason) ? reason : codeOfSentence(reason);
  return {
    message: `The connection was closed: ${closeCode} ${reason}`.trimEnd(),
    closeCode,
    ...(code !== null && { code }),
  };
}

/**
 * The code for sentences that ElevenLabs sends instead of one. "We are sorry, something went wrong" also comes with
 * 1008: https://github.com/pipecat-ai/pipecat/issues/1426
 */
function codeOfSentence(reason: string): string | null {
  if (/something went wrong|internal (server )?error/i.test(reason)) return 'something_went_wrong';
  if (/exceeds your quota|quota exceeded|out of credits/i.test(reason)) return 'quota_exceeded';
  if (/\bvoice\b.{0,200}(not (exist|found)|invalid)/i.test(reason)) return 'voice_id_does_not_exist';
  if (/\bmodel\b.{0,200}(not (exist|found|supported)|invalid)/i.test(reason)) return 'unsupported_model';
  if (/invalid api key/i.test(reason)) return 'invalid_api_key';
  if (/free users|paid plan|upgrade your subscription/i.test(reason)) return 'paid_plan_required';
  if (/must be provided in the first message|can only be set in the first/i.test(reason))
    return 'invalid_request';
  return null;
}
