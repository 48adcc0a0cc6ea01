import type { AudioFormat } from '../../../audio/audio-frame.js';
import type { ProviderError } from '../../../core/errors.js';
import type { LiveFailure } from '../../live-socket.js';
import type { LiveReading, LiveWire } from '../../live-stream.js';
import { audioError, refusalError, reportedError, type AudioFailureContext } from '../audio/audio-errors.js';
import { methodUrl, serviceHeaders, type AudioService } from '../audio/audio-service.js';
import type { ItemMessage } from './item-transcript.js';
import { parseRealtimeMessage } from './realtime-messages.js';
import { defaultModel, sentFormat, sessionOf, type OpenAiRecognition } from './recognition.js';

export interface RealtimeWireOptions {
  readonly service: AudioService;
  readonly recognition: OpenAiRecognition;
  readonly format: AudioFormat;
  /** OpenAI could not transcribe an item, which then counts as silence. */
  readonly onFailedItem: () => void;
}

/** OpenAI refuses to commit less than this. */
const leastCommitMs = 100;

/**
 * A transcription session of the Realtime API.
 *
 * Source: https://developers.openai.com/api/docs/guides/realtime-transcription
 */
export function realtimeWire({
  service,
  recognition,
  format,
  onFailedItem,
}: RealtimeWireOptions): LiveWire<ItemMessage> {
  const { model = defaultModel } = recognition;
  const context: AudioFailureContext = { kind: 'stt', apiKey: service.apiKey, model };
  const sent = sentFormat(format);
  const append = (bytes: Uint8Array): string => {
    const audio = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
    return JSON.stringify({ type: 'input_audio_buffer.append', audio });
  };
  const commit = JSON.stringify({ type: 'input_audio_buffer.commit' });
  return {
    ...{ provider: 'openai', apiKey: service.apiKey, model, format: sent },
    url: methodUrl(service, '/realtime', { intent: 'transcription' }).replace(/^http/, 'ws'),
    headers: serviceHeaders(service),
    ...{ pieceMs: 20, leastMs: 20, mostMs: 1000, leastFlushMs: leastCommitMs },
    ...{ idle: null, goodbye: null },
    hello: JSON.stringify({ type: 'session.update', session: sessionOf(recognition, sent) }),
    audio: append,
    finalRequest: (rest) => (rest.length > 0 ? [append(rest), commit] : [commit]),
    read: (text) => readMessage(text, context, onFailedItem),
    errorOf: (failure) => liveError(failure, context),
  };
}

function readMessage(
  text: string,
  context: AudioFailureContext,
  onFailedItem: () => void,
): LiveReading<ItemMessage> {
  const message = parseRealtimeMessage(text);
  if (typeof message === 'string') return { type: message };
  switch (message.type) {
    case 'created':
      return { type: 'ready', requestId: message.id };
    case 'error':
      return { type: 'failure', error: reportedError(message.error, context) };
    case 'failed': {
      const error = reportedError(message.error, context);
      if (endsStream(error)) return { type: 'failure', error };
      onFailedItem();
      return { type: 'message', message: { type: 'completed', itemId: message.itemId, text: '' } };
    }
    default:
      return { type: 'message', message };
  }
}

/** Whether the next item would fail, too: the key, the quota, the limit or a field of the config is the reason. */
function endsStream({ category, field }: ProviderError): boolean {
  return category === 'auth' || category === 'rate_limit' || field !== undefined;
}

function liveError(failure: LiveFailure, context: AudioFailureContext): ProviderError {
  switch (failure.type) {
    case 'status':
      return refusalError(failure, context);
    case 'close':
      return closeError(failure.code, failure.reason, context);
    case 'timeout':
      return audioError('timeout', `OpenAI did not begin within ${failure.afterMs} ms.`, context);
    case 'dead':
      return audioError('timeout', 'OpenAI answers no pings: the connection is dead.', context);
    case 'stuck':
      return audioError('connection', 'OpenAI takes no more audio: the connection is stuck.', context);
    case 'connection':
      return audioError('connection', `There is no connection to OpenAI: ${failure.message}`, context);
  }
}

/**
 * The reason is a sentence, or type and code as in `invalid_request_error.invalid_api_key`. A session ends after 60
 * minutes with 1001 (pollen-robotics/reachy_mini_conversation_app issue 134).
 */
function closeError(code: number, reason: string, context: AudioFailureContext): ProviderError {
  const named = /^([a-z]+(?:_[a-z]+)*)\.([a-z]+(?:_[a-z]+)*)$/.exec(reason);
  if (named)
    return reportedError(
      { message: reason, type: named[1] ?? null, code: named[2] ?? null, param: null },
      context,
    );
  const why = reason === '' ? '' : `: ${reason}`;
  const category = code === 1011 || code === 1012 || code === 1013 || code >= 3000 ? 'server' : 'connection';
  return audioError(category, `OpenAI closed the connection (code ${code}${why}).`, context);
}
