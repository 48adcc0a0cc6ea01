/** Converts failures of Deepgram's voices to {@link ProviderError}s. The server's texts are quoted without the key. */
import { ProviderError, type ProviderErrorCategory } from '../../../core/errors.js';
import {
  categoryOfFailure,
  categoryOfStatus,
  HandshakeRefusal,
  quote,
  refusesModel,
  remedyFor,
} from '../deepgram-errors.js';
import type { SpeakProblem } from './speak-messages.js';

/** Makes a ProviderError of Deepgram's voices. */
export function voiceError(
  category: ProviderErrorCategory,
  message: string,
  details: {
    readonly cause?: unknown;
    readonly retryAfterMs?: number | undefined;
    readonly field?: string;
    readonly requestId?: string | undefined;
  } = {},
): ProviderError {
  const { cause, retryAfterMs, field, requestId } = details;
  return new ProviderError(message, {
    kind: 'tts',
    provider: 'deepgram',
    category,
    cause,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(field !== undefined && { field }),
    ...(requestId !== undefined && { requestId }),
  });
}

/** The error for a connection that could not be opened or broke. */
export function connectionError(failure: Error, voice: string): ProviderError {
  if (failure instanceof HandshakeRefusal) return voiceRefusal(failure, voice);
  return voiceError('connection', `There is no connection to Deepgram's voices: ${failure.message}`, {
    cause: failure,
  });
}

/** The error for a request that was refused with an HTTP status. */
export function voiceRefusal(refusal: HandshakeRefusal, voice: string): ProviderError {
  const { status, retryAfterMs, requestId } = refusal;
  // "No such model/version combination found.": https://developers.deepgram.com/docs/errors
  if (refusesModel(refusal)) return unknownVoice(voice, refusal.message, refusal);
  const wait = retryAfterMs === undefined ? '' : ` It asks to wait ${retryAfterMs} ms.`;
  const remedy = remedyFor(status, 'Check the voice, its speed and the parameters in extra.');
  return voiceError(
    categoryOfStatus(status),
    `Deepgram refused to speak (${refusal.message}).${wait}${remedy}`,
    { cause: refusal, retryAfterMs, requestId },
  );
}

/** The error for a voice that does not exist or is closed to this account. */
export function unknownVoice(voice: string, why: string, cause?: HandshakeRefusal): ProviderError {
  return voiceError(
    'bad_request',
    `tts.voice: Deepgram has no voice '${voice}' for this account (${why}). Choose one of https://developers.deepgram.com/docs/tts-models, for example 'aura-2-thalia-en'.`,
    { field: 'tts.voice', cause, requestId: cause?.requestId },
  );
}

/**
 * The error for a connection that Deepgram closed. Source:
 * https://developers.deepgram.com/docs/tts-troubleshooting-websocket-net-and-data-errors
 */
export function closedError(code: number, reason: string, apiKey: string): ProviderError {
  const why = reason === '' ? '' : `: ${quote(reason, apiKey)}`;
  return voiceError(
    categoryOfClose(code, reason),
    `Deepgram closed the connection in the middle of the answer (code ${code}${why}).`,
  );
}

/** The error for a problem that Deepgram told. */
export function problemError({ code, description }: SpeakProblem, apiKey: string): ProviderError {
  const what = quote(`(${code}): ${description === '' ? 'no description' : description}`, apiKey);
  const isLimit = code === 'EXCESSIVE_FLUSH';
  return voiceError(
    isLimit ? 'rate_limit' : categoryOfFailure(code),
    `Deepgram's voice reports a problem ${what}`,
  );
}

function categoryOfClose(code: number, reason: string): ProviderErrorCategory {
  // Too many characters in a minute: another connection has a minute of its own.
  if (reason.includes('DATA-0001')) return 'rate_limit';
  if (reason.includes('NET-0001') || reason.includes('NET-0003')) return 'timeout';
  if (code === 1003 || code === 1008 || code === 1009) return 'bad_request';
  return code === 1011 || code === 1012 || code === 1013 ? 'server' : 'connection';
}
