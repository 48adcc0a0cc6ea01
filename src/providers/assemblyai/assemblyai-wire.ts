import type { AudioFormat } from '../../audio/audio-frame.js';
import type { SentAudio } from '../live-audio.js';
import type { LiveReading, LiveWire } from '../live-stream.js';
import { codeError, connectionError } from './assemblyai-errors.js';
import { parseMessage, type TurnMessage } from './assemblyai-messages.js';
import { defaultModel, streamingUrl, type AssemblyAiRecognition } from './streaming-request.js';
import type { Turn } from './turn-transcript.js';

/** AssemblyAI refuses shorter and longer messages of audio, also before `ForceEndpoint`: close code 3007. */
const leastMs = 50;
const mostMs = 1000;

const forceEndpoint = '{"type":"ForceEndpoint"}';
const terminate = '{"type":"Terminate"}';

export interface AssemblyAiWireOptions {
  readonly apiKey: string;
  readonly baseUrl: string | undefined;
  readonly recognition: AssemblyAiRecognition;
  readonly format: AudioFormat;
}

/** One stream's requests and messages. */
export function assemblyAiWire(options: AssemblyAiWireOptions): LiveWire<Turn> {
  const { apiKey, baseUrl, recognition, format } = options;
  const { model = defaultModel } = recognition;
  const asked = { apiKey, model };
  return {
    provider: 'assemblyai',
    apiKey,
    model,
    url: streamingUrl(baseUrl, recognition, format),
    headers: { authorization: apiKey },
    format,
    leastMs,
    mostMs,
    leastFlushMs: 0,
    // A session without audio stays open unless `inactivity_timeout` is asked for.
    idle: null,
    // Without it the session goes on, and is charged, until it times out.
    goodbye: terminate,
    audio: (bytes) => bytes,
    finalRequest: (rest) => (rest.length > 0 ? [rest, forceEndpoint] : [forceEndpoint]),
    read: (text, sent) => {
      const message = parseMessage(text);
      if (typeof message === 'string') return { type: message };
      if (message.type === 'Begin') return { type: 'ready', requestId: message.id };
      if (message.type === 'Turn') return turnReading(message, sent);
      const { error_code: code = 3005, error = '' } = message;
      return { type: 'failure', error: codeError(code, error, asked, 'reports an error') };
    },
    errorOf: (failure) => connectionError(failure, asked),
  };
}

function turnReading(message: TurnMessage, sent: SentAudio): LiveReading<Turn> {
  const words = message.words.flatMap(({ text, start, end }) =>
    start === undefined || end === undefined
      ? []
      : [{ text, startMs: sent.toCallerMs(start), endMs: sent.toCallerMs(end) }],
  );
  return {
    type: 'message',
    heardMs: words.at(-1)?.endMs,
    message: {
      order: message.turn_order,
      isFormatted: message.turn_is_formatted,
      isEnd: message.end_of_turn,
      text: message.transcript,
      words,
      spelling: message.words.map(({ text }) => text),
    },
  };
}
