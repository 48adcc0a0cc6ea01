import type { ElevenLabsClient } from '@elevenlabs/elevenlabs-js';
import type { AudioFormat, AudioFormats } from '../../audio/audio-frame.js';
import { systemClock, within, type Clock } from '../../clock.js';
import { refusalBy } from '../../supervisor/probe.js';
import type { TextToSpeech, TextToSpeechStream, TtsStreamOptions } from '../text-to-speech.js';
import { elevenLabsError, type ElevenLabsFailure } from './elevenlabs-errors.js';
import { ElevenLabsHttpStream } from './elevenlabs-http-stream.js';
import { outputFormat, pcmRatesHz, type ElevenLabsVoiceSettings } from './elevenlabs-messages.js';
import { probeElevenLabs } from './elevenlabs-probe.js';
import { ElevenLabsSocket } from './elevenlabs-socket.js';
import { ElevenLabsStream } from './elevenlabs-stream.js';

export interface ElevenLabsOptions {
  /** Never shown. */
  readonly apiKey: string;
  /** Of https://elevenlabs.io/app/voice-library. @default '21m00Tcm4TlvDq8ikWAM' */
  readonly voiceId?: string;
  /** @default 'eleven_flash_v2_5' */
  readonly modelId?: string;
  /** Language to speak, ISO 639-1; for models that do not tell it from the text. */
  readonly languageCode?: string;
  readonly voiceSettings?: ElevenLabsVoiceSettings;
  /** Other regions or a test server; http, https, ws and wss are all understood. @default 'https://api.elevenlabs.io' */
  readonly baseUrl?: string;
  /**
   * One WebSocket for many answers, or an HTTP request for each sentence, which is slower and gives no word times.
   * @default 'websocket'
   */
  readonly connection?: 'websocket' | 'http';
  /** Longest wait from a text to its first audio, connecting included, in milliseconds. @default 4000 */
  readonly firstAudioTimeoutMs?: number;
  /** Longest silence of the server in the middle of an answer, in milliseconds. @default 1500 */
  readonly audioTimeoutMs?: number;
  /** @default the machine's */
  readonly clock?: Clock;
}

const defaultVoiceId = '21m00Tcm4TlvDq8ikWAM';
const defaultModelId = 'eleven_flash_v2_5';
const defaultBaseUrl = 'https://api.elevenlabs.io';
const phoneOutput = 'ulaw_8000';
/** How long a warm-up waits for a connection: start-up waits for it. */
const warmUpMs = 1000;
const phoneFormat: AudioFormat = { encoding: 'mulaw', sampleRateHz: 8000 };

/**
 * Text to speech by ElevenLabs. Answers are spoken over sockets that outlive them; each socket carries one answer at a time,
 * so that callers do not depend on one another, and a session finds its own again at its next turn.
 */
export class ElevenLabsTextToSpeech implements TextToSpeech {
  readonly name = 'elevenlabs';
  readonly produces: AudioFormats = { encodings: ['mulaw', 'linear16'], sampleRatesHz: pcmRatesHz };
  readonly #options: ElevenLabsOptions;
  readonly #clock: Clock;
  /** Open sockets and the format of the audio that each brings. */
  readonly #sockets = new Map<ElevenLabsSocket, string>();
  #client: Promise<ElevenLabsClient> | null = null;
  #contexts = 0;
  #closed = false;

  /** Starts nothing. */
  constructor(options: ElevenLabsOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Sockets that are open or being opened. */
  get openSockets(): number {
    return this.#sockets.size;
  }

  /**
   * Opens a socket for the first answer in that format, and has the key checked. Rejects with a ProviderError where the key
   * or the voice is refused; a server that cannot be reached, or not within a second, is not held against it.
   */
  async warmUp(format: AudioFormat = phoneFormat): Promise<void> {
    const output = outputFormat(format);
    if (this.#options.connection === 'http') {
      await Promise.all([this.#checkKey(), this.#loadClient()]);
      return;
    }
    if (output === null) return;
    const { opened } = this.#leaseSocket(output);
    if (!(await within(this.#clock, warmUpMs, opened))) return;
    const failure = await opened;
    const error = failure && elevenLabsError(failure, this.#options.apiKey);
    if (error && !error.retryable) throw error;
    // A socket may open and tell of a wrong key only when it is spoken to.
    if (!error) await this.#checkKey();
  }

  /** Has the key checked by a request that costs nothing. Rejects with a ProviderError. */
  probe(signal: AbortSignal): Promise<void> {
    return probeElevenLabs({
      apiKey: this.#options.apiKey,
      baseUrl: this.#httpUrl,
      clock: this.#clock,
      signal,
    });
  }

  open(options: TtsStreamOptions): TextToSpeechStream {
    const { apiKey, voiceSettings, firstAudioTimeoutMs = 4000, audioTimeoutMs = 1500 } = this.#options;
    const limits = { firstAudioTimeoutMs, audioTimeoutMs, clock: this.#clock };
    const output = outputFormat(options.format);
    if (this.#options.connection === 'http' && output !== null)
      return new ElevenLabsHttpStream({
        ...options,
        ...limits,
        output,
        voice: { voiceId: defaultVoiceId, modelId: defaultModelId, ...this.#options },
        client: this.#loadClient(),
      });
    return new ElevenLabsStream({
      ...options,
      ...limits,
      apiKey,
      voiceSettings,
      contextId: `answer-${++this.#contexts}`,
      leaseSocket: () => this.#refusal(output) ?? this.#leaseSocket(output ?? phoneOutput),
    });
  }

  /** Closes the sockets; answers that are being spoken fail. Idempotent. */
  close(): Promise<void> {
    this.#closed = true;
    for (const socket of [...this.#sockets.keys()]) socket.close();
    return Promise.resolve();
  }

  async #checkKey(): Promise<void> {
    const refusal = await refusalBy((signal) => this.probe(signal), this.#clock);
    // Of the config only the key was asked about: a proxy may pass on nothing but speech.
    if (refusal?.category === 'auth') throw refusal;
  }

  #refusal(output: string | null): ElevenLabsFailure | null {
    if (this.#closed) return { message: 'The provider was closed.', category: 'aborted' };
    if (output === null) return { message: 'It does not make that format.', category: 'bad_request' };
    return null;
  }

  /** A socket of that format over which nobody speaks, or a new one. */
  #leaseSocket(output: string): ElevenLabsSocket {
    for (const [socket, format] of this.#sockets) if (format === output && socket.isFree) return socket;
    const socket: ElevenLabsSocket = new ElevenLabsSocket({
      url: this.#socketUrl(output),
      apiKey: this.#options.apiKey,
      clock: this.#clock,
      onGone: () => this.#sockets.delete(socket),
    });
    this.#sockets.set(socket, output);
    return socket;
  }

  #socketUrl(output: string): string {
    const { voiceId = defaultVoiceId, modelId = defaultModelId, languageCode } = this.#options;
    const query = new URLSearchParams({
      model_id: modelId,
      output_format: output,
      // Whole sentences are sent: each is to be spoken at once, whatever its length.
      auto_mode: 'true',
      sync_alignment: 'true',
      // The longest there is, since a tool may run in the middle of an answer.
      inactivity_timeout: '180',
      ...(languageCode !== undefined && { language_code: languageCode }),
    });
    const base = this.#baseUrl.replace(/^http/, 'ws');
    return `${base}/v1/text-to-speech/${encodeURIComponent(voiceId)}/multi-stream-input?${query.toString()}`;
  }

  get #baseUrl(): string {
    return (this.#options.baseUrl ?? defaultBaseUrl).replace(/\/+$/, '');
  }

  get #httpUrl(): string {
    return this.#baseUrl.replace(/^ws/, 'http');
  }

  #loadClient(): Promise<ElevenLabsClient> {
    this.#client ??= import('@elevenlabs/elevenlabs-js').then(
      (sdk) =>
        new sdk.ElevenLabsClient({
          apiKey: this.#options.apiKey,
          baseUrl: this.#httpUrl,
        }),
    );
    return this.#client;
  }
}

/** Text to speech by ElevenLabs. Shared by all sessions; whoever made it closes it. */
export function elevenLabsTextToSpeech(options: ElevenLabsOptions): ElevenLabsTextToSpeech {
  return new ElevenLabsTextToSpeech(options);
}
