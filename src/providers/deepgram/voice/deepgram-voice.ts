import type { AudioFormat, AudioFormats } from '../../../audio/audio-frame.js';
import { systemClock, type Clock } from '../../../core/clock.js';
import { ConfigError, type ConfigProblem, type ProviderError } from '../../../core/errors.js';
import { loadHttp } from '../../../network/http-client.js';
import { refusalBy, withinLooks } from '../../probe.js';
import type { TextToSpeech, TextToSpeechStream, TtsStreamOptions } from '../../text-to-speech.js';
import { checkAccount } from '../deepgram-probe.js';
import { DeepgramVoiceStream } from './deepgram-voice-stream.js';
import { unknownVoice, voiceError, voiceRefusal } from './speak-errors.js';
import { defaultVoice, isMade, linearRatesHz, speakUrl, type DeepgramVoiceOptions } from './speak-request.js';
import { SpeakSocket } from './speak-socket.js';

export interface DeepgramTextToSpeechOptions extends DeepgramVoiceOptions {
  /** Never shown. */
  readonly apiKey: string;
  /** Another region or your own server; http, https, ws or wss. @default Deepgram's own service */
  readonly baseUrl?: string;
  /** Timeout of connecting, in milliseconds. @default 5000 */
  readonly connectTimeoutMs?: number;
  /** Longest wait from a text to its first audio, connecting included, in milliseconds. @default 4000 */
  readonly firstAudioTimeoutMs?: number;
  /** Longest silence of the server in the middle of an answer, in milliseconds. @default 1500 */
  readonly audioTimeoutMs?: number;
  /** @default the machine's clock */
  readonly clock?: Clock;
}

const service = 'https://api.deepgram.com';
/** Timeout of connecting during warm-up, since it delays the start. */
const warmUpMs = 1000;
const phoneFormat: AudioFormat = { encoding: 'mulaw', sampleRateHz: 8000 };

/**
 * Text to speech by Deepgram's Aura voices, over WebSockets. A connection carries one answer at a time. It is kept for later
 * answers while its limits allow, and closed when an answer is cut.
 */
export class DeepgramVoice implements TextToSpeech {
  readonly name = 'deepgram';
  /** The voice's name is that of its model. */
  readonly model: string;
  readonly produces: AudioFormats = { encodings: ['mulaw', 'linear16'], sampleRatesHz: linearRatesHz };
  readonly #options: DeepgramTextToSpeechOptions;
  readonly #clock: Clock;
  /** Open sockets with the audio format of each. */
  readonly #sockets = new Map<SpeakSocket, string>();
  #checking: Promise<ProviderError | null> | null = null;
  #ignored = 0;
  #closed = false;

  /** Throws a ConfigError for an invalid key or address. Starts nothing. */
  constructor(options: DeepgramTextToSpeechOptions) {
    const { apiKey, baseUrl, voice = defaultVoice, clock = systemClock } = options;
    // An HTTP header allows no other characters. The message must not contain the key.
    if (!/^[\x21-\x7e]+$/.test(apiKey))
      throw configError('apiKey', 'is empty or holds characters that no key has.', 'Set DEEPGRAM_API_KEY.');
    if (baseUrl !== undefined && !(URL.canParse(baseUrl) && /^(https?|wss?):\/\//i.test(baseUrl)))
      throw configError('baseUrl', 'is not a URL.', 'Write it like https://api.eu.deepgram.com.');
    this.model = voice;
    this.#options = options;
    this.#clock = clock;
  }

  /** Number of connections that are open or being opened. */
  get openSockets(): number {
    return this.#sockets.size;
  }

  /** Number of ignored messages: unknown ones, and audio that belongs to no text. */
  get ignoredMessages(): number {
    return [...this.#sockets.keys()].reduce((sum, socket) => sum + socket.ignoredMessages, this.#ignored);
  }

  /**
   * Checks key and voice, and opens a connection for the first answer in this format. Rejects with a ProviderError if one of
   * them is refused. A server that does not answer within a second is no error. Concurrent calls share one check.
   */
  async warmUp(format: AudioFormat = phoneFormat): Promise<void> {
    // Loading blocks the process, so the server's time begins behind it.
    this.#checking ??= loadHttp()
      .then(() => refusalBy((signal) => this.probe(signal), this.#clock))
      .finally(() => {
        this.#checking = null;
      });
    const refusal = await this.#checking;
    // A proxy may forward only speech requests, so other failures of the probe prove nothing.
    if (refusal && (refusal.category === 'auth' || refusal.field !== undefined)) throw refusal;
    if (this.#refusal(format) !== null) return;
    const { settled } = this.#freeSocket(format);
    if (!(await withinLooks(this.#clock, warmUpMs, settled))) return;
    const error = await settled;
    if (error && !error.retryable && error.category !== 'aborted') throw error;
  }

  /** Checks key and voice with requests that cost nothing. Rejects with a ProviderError. */
  probe(signal: AbortSignal): Promise<void> {
    const { apiKey, baseUrl } = this.#options;
    return checkAccount({
      kind: 'tts',
      model: this.model,
      apiKey,
      baseUrl,
      clock: this.#clock,
      signal,
      errorOf: (category, message, cause) => voiceError(category, message, { cause }),
      onRefusal: (refusal) => voiceRefusal(refusal, this.model),
      onUnknown: (why) => unknownVoice(this.model, why),
    });
  }

  /** Opens a connection unless one is free. */
  preconnect(format: AudioFormat): void {
    if (this.#refusal(format) === null) this.#freeSocket(format);
  }

  open(options: TtsStreamOptions): TextToSpeechStream {
    const { firstAudioTimeoutMs = 4000, audioTimeoutMs = 1500 } = this.#options;
    return new DeepgramVoiceStream({
      ...options,
      voice: this.model,
      clock: this.#clock,
      firstAudioTimeoutMs,
      audioTimeoutMs,
      leaseSocket: () => this.#refusal(options.format) ?? this.#freeSocket(options.format),
      onIgnored: () => this.#ignored++,
    });
  }

  /** Closes all connections; answers that are being spoken fail. Idempotent. */
  close(): Promise<void> {
    this.#closed = true;
    for (const socket of [...this.#sockets.keys()]) socket.close();
    return Promise.resolve();
  }

  #refusal(format: AudioFormat): ProviderError | null {
    if (this.#closed) return voiceError('aborted', "Deepgram's voice was closed.");
    if (isMade(format)) return null;
    const { encoding, sampleRateHz } = format;
    return voiceError('bad_request', `Deepgram makes no ${encoding} at ${sampleRateHz} Hz.`);
  }

  /** A free connection for this format, or a new one. */
  #freeSocket(format: AudioFormat): SpeakSocket {
    const kind = `${format.encoding} ${format.sampleRateHz}`;
    for (const [known, itsKind] of this.#sockets) if (itsKind === kind && known.isFree) return known;
    const { apiKey, baseUrl = service, connectTimeoutMs = 5000 } = this.#options;
    const socket: SpeakSocket = new SpeakSocket({
      url: speakUrl(baseUrl, this.#options, format),
      apiKey,
      voice: this.model,
      clock: this.#clock,
      connectTimeoutMs,
      onGone: () => {
        if (this.#sockets.delete(socket)) this.#ignored += socket.ignoredMessages;
      },
    });
    this.#sockets.set(socket, kind);
    return socket;
  }
}

/** Text to speech by Deepgram. All sessions may share it; the caller closes it. */
export function deepgramTextToSpeech(options: DeepgramTextToSpeechOptions): DeepgramVoice {
  return new DeepgramVoice(options);
}

function configError(field: keyof DeepgramTextToSpeechOptions, problem: string, remedy: string): ConfigError {
  const found: ConfigProblem = { field, problem, remedy };
  return new ConfigError([found]);
}
