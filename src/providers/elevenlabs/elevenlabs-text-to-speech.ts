import type { ElevenLabsClient } from '@elevenlabs/elevenlabs-js';
import type { AudioFormat, AudioFormats } from '../../audio/audio-frame.js';
import { systemClock, type Clock } from '../../core/clock.js';
import { ProviderError } from '../../core/errors.js';
import type { ProviderNotice } from '../../events/provider-notice.js';
import { withoutTrailingSlashes } from '../../network/base-url.js';
import { keepConnectionMs, loadHttp, openHttpClient, type HttpClient } from '../../network/http-client.js';
import { refusalBy, withinLooks } from '../probe.js';
import type { TextToSpeech, TextToSpeechStream, TtsStreamOptions } from '../text-to-speech.js';
import type { ElevenLabsFailure } from './elevenlabs-errors.js';
import { ElevenLabsHttpStream } from './elevenlabs-http-stream.js';
import {
  outputFormat,
  pcmRatesHz,
  type ElevenLabsVoiceSettings,
  type PronunciationDictionary,
} from './elevenlabs-messages.js';
import { ElevenLabsSocket } from './elevenlabs-socket.js';
import { ElevenLabsStream } from './elevenlabs-stream.js';
import { SpeechPace } from './speech-pace.js';
import { VoiceAccount } from './voice-account.js';

export interface ElevenLabsOptions {
  /** Never shown. */
  readonly apiKey: string;
  /**
   * A voice of https://elevenlabs.io/app/voice-library. @default one of the account's voices, picked at the start or
   * the first use, which needs a key with the permission to read voices
   */
  readonly voiceId?: string;
  /** `eleven_v3` is not offered over WebSockets: it needs `connection: 'http'`. @default 'eleven_flash_v2_5' */
  readonly modelId?: string;
  /** Language to speak, ISO 639-1; for models that do not detect it from the text. */
  readonly languageCode?: string;
  readonly voiceSettings?: ElevenLabsVoiceSettings;
  /** Dictionaries of the account, applied in order; at most three. */
  readonly pronunciationDictionaries?: readonly PronunciationDictionary[];
  /** For answers that sound alike each time, as far as the model can; a whole number below 2^32. */
  readonly seed?: number;
  /** Whether numbers and dates are written out before they are spoken. @default ElevenLabs' own, 'auto' */
  readonly applyTextNormalization?: 'auto' | 'on' | 'off';
  /**
   * Anything else, by ElevenLabs' name: parameters of the WebSocket's query, for example `{ enable_logging: false }`; over
   * HTTP, fields of the body.
   */
  readonly extra?: Readonly<Record<string, string | number | boolean>>;
  /** Another region or a test server; http, https, ws or wss. @default 'https://api.elevenlabs.io' */
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
  /** @default the machine's clock */
  readonly clock?: Clock;
}

const defaultModelId = 'eleven_flash_v2_5';
const defaultBaseUrl = 'https://api.elevenlabs.io';
const phoneOutput = 'ulaw_8000';
/** https://elevenlabs.io/docs/eleven-api/websockets; https://github.com/livekit/agents/issues/4901 */
export const webSocketlessModel = 'eleven_v3';
/** A new HTTP connection is opened this long before the old one may be closed. */
const spareMs = 30_000;
/** Timeout of connecting during warm-up, since it delays the start. */
const warmUpMs = 1000;
const phoneFormat: AudioFormat = { encoding: 'mulaw', sampleRateHz: 8000 };

/**
 * Text to speech by ElevenLabs. Sockets are reused for later answers; each carries one answer at a time, so that
 * callers do not affect one another. Texts are sent unchanged: SSML is off (`enable_ssml_parsing`), so a `<break/>`
 * would be read out.
 */
export class ElevenLabsTextToSpeech implements TextToSpeech {
  readonly name = 'elevenlabs';
  readonly model: string;
  /** A context of a WebSocket speaks all its texts as one; over HTTP each is a request of its own. */
  readonly joinsPieces: boolean;
  readonly produces: AudioFormats = { encodings: ['mulaw', 'linear16'], sampleRatesHz: pcmRatesHz };
  readonly #options: ElevenLabsOptions;
  readonly #clock: Clock;
  /** Open sockets with the audio format of each. */
  readonly #sockets = new Map<ElevenLabsSocket, string>();
  readonly #account: VoiceAccount;
  readonly #pace = new SpeechPace();
  #checking: Promise<ProviderError | null> | null = null;
  #client: Promise<ElevenLabsClient> | null = null;
  #http: Promise<HttpClient> | null = null;
  /** When HTTP was last used; null before. Tells whether its connection is still open. */
  #httpUsedMs: number | null = null;
  #contexts = 0;
  /** The most answers ever spoken at once: more sockets are not opened ahead. */
  #mostBusy = 0;
  #ignored = 0;
  #closed = false;

  /** Starts nothing. */
  constructor(options: ElevenLabsOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    const { apiKey, voiceId, modelId = defaultModelId, languageCode } = options;
    this.model = modelId;
    this.joinsPieces = options.connection !== 'http';
    const account = { apiKey, voiceId, modelId, languageCode, baseUrl: this.#httpUrl, clock: this.#clock };
    this.#account = new VoiceAccount(account);
  }

  /** Number of sockets that are open or connecting. */
  get openSockets(): number {
    return this.#sockets.size;
  }

  /** Number of ignored server messages: unknown ones, and those for finished answers. */
  get ignoredMessages(): number {
    return [...this.#sockets.keys()].reduce((sum, socket) => sum + socket.ignoredMessages, this.#ignored);
  }

  /**
   * Checks key, voice and model, and opens a socket for the first answer in this format. Rejects with a ProviderError
   * if one of them is refused. A server that does not answer within a second is no error. Concurrent calls share one
   * check.
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
    const output = outputFormat(format);
    if (this.#options.connection === 'http') await this.#loadClient();
    else if (output !== null && this.#refusal(output) === null) {
      const settled = this.#leaseSocket(output).settled();
      if (!(await withinLooks(this.#clock, warmUpMs, settled))) return;
      const failure = await settled;
      const error = failure && this.#errorOf(failure);
      if (error && !error.retryable) throw error;
    }
  }

  /**
   * Checks the configured voice, or picks one, and checks the model, with requests that cost nothing. Rejects with a
   * ProviderError whose `field` names what was refused. For a configured voice, a key that may only synthesise speech
   * passes.
   */
  probe(signal: AbortSignal): Promise<readonly ProviderNotice[]> {
    return this.#account.check(signal);
  }

  /**
   * Opens a socket or an HTTP connection unless there is one. A busy socket counts too: a caller who interrupts an
   * answer is about to free its socket.
   */
  preconnect(format: AudioFormat): void {
    const output = outputFormat(format);
    if (output === null || this.#refusal(output) !== null) return;
    if (this.#options.connection === 'http') void this.#openHttpConnection();
    else if (this.#countSockets(output) < Math.max(1, this.#mostBusy)) this.#leaseSocket(output);
  }

  open(options: TtsStreamOptions): TextToSpeechStream {
    const { voiceSettings, pronunciationDictionaries } = this.#options;
    const { firstAudioTimeoutMs = 4000, audioTimeoutMs = 1500 } = this.#options;
    const errorOf = (failure: ElevenLabsFailure): ProviderError => this.#errorOf(failure);
    const onRequest = (requestId: string): void =>
      options.onIncident?.({ type: 'request', kind: 'tts', provider: this.name, requestId });
    const shared = { firstAudioTimeoutMs, audioTimeoutMs, clock: this.#clock, errorOf, onRequest };
    const output = outputFormat(options.format);
    if (this.#options.connection === 'http' && output !== null && !this.#closed) {
      this.#httpUsedMs = this.#clock.nowMs();
      return new ElevenLabsHttpStream({
        ...options,
        ...shared,
        output,
        apiKey: this.#options.apiKey,
        voice: { modelId: defaultModelId, ...this.#options },
        voiceId: () => this.#account.voice(),
        client: this.#loadClient(),
      });
    }
    return new ElevenLabsStream({
      ...options,
      ...shared,
      model: this.model,
      voiceSettings,
      pronunciationDictionaries,
      pace: this.#pace,
      contextId: `answer-${++this.#contexts}`,
      leaseSocket: () => this.#refusal(output) ?? this.#socketForAnswer(output ?? phoneOutput),
    });
  }

  /** Closes all connections; answers that are being spoken fail. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#account.close();
    for (const socket of [...this.#sockets.keys()]) socket.close();
    const http = this.#http;
    this.#http = null;
    await http?.then((client) => client.close());
  }

  #errorOf(failure: ElevenLabsFailure | ProviderError): ProviderError {
    if (failure instanceof ProviderError) return failure;
    const error = this.#account.errorOf(failure);
    this.#account.noteRefusal(error);
    return error;
  }

  #refusal(output: string | null): ElevenLabsFailure | null {
    const { modelId, connection } = this.#options;
    if (this.#closed) return { message: 'The provider was closed.', category: 'aborted' };
    if (output === null) return { message: 'It does not make that format.', category: 'bad_request' };
    if (connection !== 'http' && modelId === webSocketlessModel)
      return {
        message: "It is not offered over WebSockets, only with connection: 'http'",
        category: 'bad_request',
        field: 'tts.modelId',
      };
    return null;
  }

  #socketForAnswer(output: string): ElevenLabsSocket {
    const socket = this.#leaseSocket(output);
    let busy = 1;
    for (const each of this.#sockets.keys()) if (each.isBusy) busy++;
    this.#mostBusy = Math.max(this.#mostBusy, busy);
    return socket;
  }

  /** Number of sockets of this format that are busy or free. */
  #countSockets(output: string): number {
    let count = 0;
    for (const [socket, format] of this.#sockets)
      if (format === output && (socket.isFree || socket.isBusy)) count++;
    return count;
  }

  /** A free socket of this format, or a new one. */
  #leaseSocket(output: string): ElevenLabsSocket {
    for (const [socket, format] of this.#sockets) if (format === output && socket.isFree) return socket;
    const { voiceId } = this.#account;
    const socket: ElevenLabsSocket = new ElevenLabsSocket({
      url:
        voiceId === null
          ? this.#account.voice().then((picked) => this.#socketUrl(picked, output))
          : this.#socketUrl(voiceId, output),
      apiKey: this.#options.apiKey,
      clock: this.#clock,
      onGone: () => {
        this.#sockets.delete(socket);
        this.#ignored += socket.ignoredMessages;
      },
    });
    this.#sockets.set(socket, output);
    return socket;
  }

  #socketUrl(voiceId: string, output: string): string {
    const { modelId = defaultModelId, languageCode, seed, applyTextNormalization, extra } = this.#options;
    const query = new URLSearchParams({
      model_id: modelId,
      output_format: output,
      // Texts are whole sentences: speak each at once, whatever its length.
      auto_mode: 'true',
      sync_alignment: 'true',
      // The maximum, since a tool may run in the middle of an answer.
      inactivity_timeout: '180',
      ...(languageCode !== undefined && { language_code: languageCode }),
      ...(seed !== undefined && { seed: String(seed) }),
      ...(applyTextNormalization && { apply_text_normalization: applyTextNormalization }),
    });
    for (const [name, value] of Object.entries(extra ?? {})) query.set(name, String(value));
    const base = this.#baseUrl.replace(/^http/, 'ws');
    return `${base}/v1/text-to-speech/${encodeURIComponent(voiceId)}/multi-stream-input?${query.toString()}`;
  }

  get #baseUrl(): string {
    return withoutTrailingSlashes(this.#options.baseUrl ?? defaultBaseUrl);
  }

  get #httpUrl(): string {
    return this.#baseUrl.replace(/^ws/, 'http');
  }

  #loadClient(): Promise<ElevenLabsClient> {
    this.#client ??= Promise.all([import('@elevenlabs/elevenlabs-js'), this.#openHttp()]).then(
      ([sdk, { fetch }]) =>
        new sdk.ElevenLabsClient({
          apiKey: this.#options.apiKey,
          baseUrl: this.#httpUrl,
          fetch: withFields(fetch, this.#options.extra),
        }),
    );
    // The callers of this method handle the rejection.
    this.#client.catch(() => {
      this.#client = null;
    });
    return this.#client;
  }

  #openHttp(): Promise<HttpClient> {
    this.#http ??= openHttpClient(this.#httpUrl);
    this.#http.catch(() => {
      this.#http = null;
    });
    return this.#http;
  }

  /** Never rejects: the next answer reports what is wrong. */
  async #openHttpConnection(): Promise<void> {
    const nowMs = this.#clock.nowMs();
    if (this.#httpUsedMs !== null && nowMs - this.#httpUsedMs < keepConnectionMs - spareMs) return;
    this.#httpUsedMs = nowMs;
    try {
      const { fetch } = await this.#openHttp();
      // A connection stays open only after a body that was read to its end, and never after HEAD.
      const response = await fetch(this.#httpUrl, { redirect: 'manual' });
      await response.arrayBuffer();
    } catch {
      this.#httpUsedMs = null;
    }
  }
}

/** Text to speech by ElevenLabs. All sessions may share it; the caller closes it. */
export function elevenLabsTextToSpeech(options: ElevenLabsOptions): ElevenLabsTextToSpeech {
  return new ElevenLabsTextToSpeech(options);
}

/** Adds fields to the body of every request. The vendor's SDK sends only those that it knows. */
function withFields(
  fetch: typeof globalThis.fetch,
  fields: Readonly<Record<string, unknown>> | undefined,
): typeof globalThis.fetch {
  if (!fields) return fetch;
  return (input, init) => {
    if (typeof init?.body !== 'string') return fetch(input, init);
    const body = JSON.stringify({ ...(JSON.parse(init.body) as object), ...fields });
    return fetch(input, { ...init, body });
  };
}
