import type { AudioFormat, AudioFormats } from '../../audio/audio-frame.js';
import { systemClock, type Clock } from '../../core/clock.js';
import type { ProviderError } from '../../core/errors.js';
import { loadHttp } from '../../network/http-client.js';
import { refusalBy, withinLooks } from '../probe.js';
import type { TextToSpeech, TextToSpeechStream, TtsStreamOptions } from '../text-to-speech.js';
import { webSocketUrl } from './cartesia-endpoint.js';
import { cartesiaError, type Asked, type CartesiaFailure } from './cartesia-errors.js';
import { probeCartesia } from './cartesia-probe.js';
import { CartesiaSocket } from './cartesia-socket.js';
import { outputFormat, pcmRatesHz } from './cartesia-tts-messages.js';
import { CartesiaVoiceStream } from './cartesia-voice-stream.js';

export interface CartesiaVoiceOptions {
  /** Never shown. */
  readonly apiKey: string;
  /** The id of a voice of https://play.cartesia.ai/voices. @default 'f786b574-daa5-4673-aa0c-cbe3e8534c02', Katie */
  readonly voiceId?: string;
  /** @default 'sonic-3.5' */
  readonly model?: string;
  /** Language to speak, ISO 639-1. @default Cartesia's, English */
  readonly language?: string;
  /** 0.6 to 1.5 times the voice's own. @default 1 */
  readonly speed?: number;
  /** 0.5 to 2 times the voice's own. @default 1 */
  readonly volume?: number;
  /** For example `calm`; see https://docs.cartesia.ai/build-with-cartesia/sonic-3/volume-speed-emotion. */
  readonly emotion?: string;
  /** The id of a pronunciation dictionary. */
  readonly pronunciationDictId?: string;
  /**
   * How long Cartesia may wait for more text before it speaks, in milliseconds, 0 to 5000. Each text is flushed, so that
   * a longer wait gains nothing. @default 0
   */
  readonly maxBufferDelayMs?: number;
  /** Further fields of the request, as Cartesia names them. */
  readonly extra?: Readonly<Record<string, unknown>>;
  /** A proxy or a test server; http, https, ws or wss. @default 'https://api.cartesia.ai' */
  readonly baseUrl?: string;
  /** Longest wait from a text to its first audio, connecting included, in milliseconds. @default 4000 */
  readonly firstAudioTimeoutMs?: number;
  /** Longest silence of the server in the middle of an answer, in milliseconds. @default 1500 */
  readonly audioTimeoutMs?: number;
  /** @default the machine's clock */
  readonly clock?: Clock;
}

const defaultModel = 'sonic-3.5';
/** The voice of Cartesia's quickstart. */
const defaultVoiceId = 'f786b574-daa5-4673-aa0c-cbe3e8534c02';
/** Timeout of connecting during warm-up, since it delays the start. */
const warmUpMs = 1000;

/**
 * Text to speech by Cartesia's Sonic. Sockets are reused for later answers; each carries one answer at a time, so that
 * callers do not affect one another.
 */
export class CartesiaTextToSpeech implements TextToSpeech {
  readonly name = 'cartesia';
  readonly model: string;
  /** A context keeps its melody from text to text: https://docs.cartesia.ai/use-the-api/tts-websocket/contexts */
  readonly joinsPieces = true;
  readonly produces: AudioFormats = { encodings: ['mulaw', 'linear16'], sampleRatesHz: pcmRatesHz };
  readonly #options: CartesiaVoiceOptions;
  readonly #clock: Clock;
  readonly #asked: Asked;
  readonly #voiceId: string;
  readonly #sockets = new Set<CartesiaSocket>();
  #checking: Promise<ProviderError | null> | null = null;
  #contexts = 0;
  /** The most answers ever spoken at once: more sockets are not opened ahead. */
  #mostBusy = 0;
  #ignored = 0;
  #closed = false;

  /** Starts nothing. */
  constructor(options: CartesiaVoiceOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    const { apiKey, voiceId = defaultVoiceId, model = defaultModel, language } = options;
    this.model = model;
    this.#voiceId = voiceId;
    this.#asked = { kind: 'tts', apiKey, model, language, voiceId };
  }

  /** Number of sockets that are open or connecting. */
  get openSockets(): number {
    return this.#sockets.size;
  }

  /** Number of ignored server messages: unknown ones, and those for finished answers. */
  get ignoredMessages(): number {
    return [...this.#sockets].reduce((sum, socket) => sum + socket.ignoredMessages, this.#ignored);
  }

  /**
   * Checks key and voice, and opens a socket for the first answer. Rejects with a ProviderError if one of them is
   * refused. A server that does not answer within a second is no error. Concurrent calls share one check.
   */
  async warmUp(): Promise<void> {
    // Loading blocks the process, so the server's time begins behind it.
    this.#checking ??= loadHttp()
      .then(() => refusalBy((signal) => this.probe(signal), this.#clock))
      .finally(() => {
        this.#checking = null;
      });
    const refusal = await this.#checking;
    // A proxy may forward only speech, so other failures of the probe prove nothing.
    if (refusal && (refusal.category === 'auth' || refusal.field !== undefined)) throw refusal;
    if (this.#closed) return;
    const { opened } = this.#leaseSocket();
    if (!(await withinLooks(this.#clock, warmUpMs, opened))) return;
    const failure = await opened;
    const error = failure && this.#errorOf(failure);
    if (error && !error.retryable) throw error;
  }

  /** Checks the key and the voice with a request that costs nothing. Rejects with a ProviderError. */
  probe(signal: AbortSignal): Promise<void> {
    return probeCartesia({ asked: this.#asked, baseUrl: this.#options.baseUrl, clock: this.#clock, signal });
  }

  /**
   * Opens a socket unless there is one, and checks one that was not used for a while. A busy socket counts too: a caller
   * who interrupts an answer is about to free its socket.
   */
  preconnect(format: AudioFormat): void {
    if (this.#closed || outputFormat(format) === null) return;
    for (const socket of this.#sockets) if (socket.isFree) socket.check();
    if (this.#sockets.size < Math.max(1, this.#mostBusy)) this.#leaseSocket();
  }

  open(options: TtsStreamOptions): TextToSpeechStream {
    const { firstAudioTimeoutMs = 4000, audioTimeoutMs = 1500 } = this.#options;
    const { language, speed, volume, emotion, pronunciationDictId, extra } = this.#options;
    return new CartesiaVoiceStream({
      ...options,
      ...{ firstAudioTimeoutMs, audioTimeoutMs, clock: this.#clock },
      errorOf: (failure) => this.#errorOf(failure),
      speaking: {
        ...{ model: this.model, voiceId: this.#voiceId, format: options.format, language },
        ...{ speed, volume, emotion, pronunciationDictId, extra },
        maxBufferDelayMs: this.#options.maxBufferDelayMs ?? 0,
      },
      nextContextId: () => `answer-${++this.#contexts}`,
      leaseSocket: () => this.#refusal(options.format) ?? this.#socketForAnswer(),
    });
  }

  /** Closes all connections; answers that are being spoken fail. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const socket of [...this.#sockets]) socket.close();
    await Promise.resolve();
  }

  #errorOf(failure: CartesiaFailure): ProviderError {
    return cartesiaError(failure, this.#asked);
  }

  #refusal(format: AudioFormat): CartesiaFailure | null {
    if (this.#closed) return { message: 'The provider was closed.', category: 'aborted' };
    if (outputFormat(format) !== null) return null;
    return { message: 'It does not make that audio', category: 'bad_request' };
  }

  #socketForAnswer(): CartesiaSocket {
    const socket = this.#leaseSocket();
    let busy = 1;
    for (const each of this.#sockets) if (each.isBusy) busy++;
    this.#mostBusy = Math.max(this.#mostBusy, busy);
    return socket;
  }

  /** A free socket, or a new one. */
  #leaseSocket(): CartesiaSocket {
    for (const socket of this.#sockets) if (socket.isFree) return socket;
    const { apiKey, baseUrl } = this.#options;
    const socket: CartesiaSocket = new CartesiaSocket({
      url: `${webSocketUrl(baseUrl)}/tts/websocket`,
      apiKey,
      clock: this.#clock,
      onGone: () => {
        this.#sockets.delete(socket);
        this.#ignored += socket.ignoredMessages;
      },
    });
    this.#sockets.add(socket);
    return socket;
  }
}

/** Text to speech by Cartesia. All sessions may share it; the caller closes it. */
export function cartesiaTextToSpeech(options: CartesiaVoiceOptions): CartesiaTextToSpeech {
  return new CartesiaTextToSpeech(options);
}
