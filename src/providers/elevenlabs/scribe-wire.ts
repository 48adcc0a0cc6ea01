import type { AudioFormat } from '../../audio/audio-frame.js';
import type { SentAudio } from '../live-audio.js';
import type { LiveReading, LiveWire } from '../live-stream.js';
import { scribeConnectionError, scribeFailure } from './scribe-errors.js';
import { parseScribeMessage, type ScribeMessage, type ScribeWordMessage } from './scribe-messages.js';
import { defaultScribeModel, scribeFormat, scribeUrl, type ScribeRecognition } from './scribe-request.js';
import type { ScribeNews } from './scribe-transcript.js';
import type { TimedWord } from '../../audio/timed-word.js';

/** Audio is sent in pieces of at least this length: each is a message of JSON. */
const pieceMs = 50;
const mostMs = 1000;
/**
 * Scribe ignores a commit of less uncommitted audio, and may close the connection:
 * https://github.com/elevenlabs/packages/issues/378
 */
const leastCommitMs = 300;
/** Scribe closes a connection after some 15 s without audio, as if nothing were wrong. */
const idle = { afterMs: 5000, silenceMs: 20 };

export interface ScribeWireOptions {
  readonly apiKey: string;
  readonly baseUrl: string | undefined;
  readonly recognition: ScribeRecognition;
  /** The format of the session's audio. */
  readonly format: AudioFormat;
}

/** One stream's requests and messages. */
export function scribeWire({
  apiKey,
  baseUrl,
  recognition,
  format,
}: ScribeWireOptions): LiveWire<ScribeNews> {
  const { model = defaultScribeModel, language } = recognition;
  const asked = { apiKey, model, language };
  const sent = scribeFormat(format);
  const chunk = (bytes: Uint8Array, commit: boolean): string =>
    JSON.stringify({
      message_type: 'input_audio_chunk',
      audio_base_64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64'),
      commit,
      sample_rate: sent.sampleRateHz,
    });
  return {
    provider: 'elevenlabs',
    apiKey,
    model,
    url: scribeUrl(baseUrl, recognition, sent),
    headers: { 'xi-api-key': apiKey },
    format: sent,
    pieceMs,
    leastMs: 0,
    mostMs,
    leastFlushMs: leastCommitMs,
    idle,
    goodbye: null,
    audio: (bytes) => chunk(bytes, false),
    finalRequest: (rest) => [chunk(rest, true)],
    read: (text, audio) => {
      const message = parseScribeMessage(text);
      if (typeof message === 'string') return { type: message };
      if (message.message_type === 'session_started') return { type: 'ready', requestId: message.session_id };
      if (message.message_type === 'failure' && message.name !== 'commit_throttled')
        return { type: 'failure', error: scribeFailure(message.name, message.error, asked) };
      return newsReading(message, audio);
    },
    errorOf: (failure) => scribeConnectionError(failure, asked),
  };
}

type NewsMessage = Exclude<ScribeMessage, { readonly message_type: 'session_started' }>;

function newsReading(message: NewsMessage, audio: SentAudio): LiveReading<ScribeNews> {
  switch (message.message_type) {
    case 'partial_transcript':
      return { type: 'message', message: { type: 'partial', text: message.text } };
    case 'committed_transcript':
      return { type: 'message', message: { type: 'plain', text: message.text } };
    case 'committed_transcript_with_timestamps': {
      const words = timedWords(message.words, audio);
      return { type: 'message', message: { type: 'timed', text: message.text, words } };
    }
    case 'failure':
      return { type: 'message', message: { type: 'throttled' } };
  }
}

function timedWords(words: readonly ScribeWordMessage[], audio: SentAudio): TimedWord[] {
  return words.flatMap(({ text, start, end, type = 'word' }) =>
    start === undefined || end === undefined || type === 'spacing' || text.trim() === ''
      ? []
      : [
          {
            text: text.trim(),
            startMs: audio.toCallerMs(start * 1000),
            endMs: audio.toCallerMs(end * 1000),
          },
        ],
  );
}
