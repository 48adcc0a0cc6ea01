import type { AudioFormat, AudioFormats } from '../../../audio/audio-frame.js';
import { systemClock, type Clock } from '../../../core/clock.js';
import type { ProviderNotice } from '../../../events/provider-notice.js';
import { loadHttp, openHttpClient, type HttpClient } from '../../../network/http-client.js';
import { startupCheck } from '../../probe.js';
import type { TextToSpeech, TextToSpeechStream, TtsStreamOptions } from '../../text-to-speech.js';
import { audioError, type AudioFailureContext } from '../audio/audio-errors.js';
import { audioService, methodUrl, serviceHeaders, type AudioService } from '../audio/audio-service.js';
import { checkModel } from '../audio/model-check.js';
import { OpenAiSpeechStream } from './openai-speech-stream.js';
import { SpeechRequest, type SpeechSettings } from './speech-request.js';
import { speechRateHz, type Utterance } from './utterance.js';

export interface OpenAiVoiceOptions {
  /** Never shown. */
  readonly apiKey: string;
  /** A model of the speech endpoint. @default 'gpt-4o-mini-tts' */
  readonly model?: string;
  /** One of {@link openAiVoices}, or the id of a voice of your own (`voice_…`). @default 'marin', or 'alloy' for `tts-1` */
  readonly voice?: string;
  /** How to speak, in words: tone, accent, mood. Not for `tts-1`. */
  readonly instructions?: string;
  /** 0.25 to 4. @default 1 */
  readonly speed?: number;
  /** Other fields of the request, as OpenAI names them. */
  readonly extra?: Readonly<Record<string, unknown>>;
  /** Azure, a compatible or a test server; http, https, ws or wss. @default 'https://api.openai.com/v1' */
  readonly baseUrl?: string;
  /** Longest wait from a text to its first audio, connecting included, in milliseconds. @default 5000 */
  readonly firstAudioTimeoutMs?: number;
  /** Longest silence of the server in the middle of a text, in milliseconds. @default 2000 */
  readonly audioTimeoutMs?: number;
  /** @default the machine's clock */
  readonly clock?: Clock;
}

/** OpenAI's voices. Source: https://developers.openai.com/api/docs/guides/text-to-speech */
export const openAiVoices = [
  ...['alloy', 'ash', 'ballad', 'cedar', 'coral', 'echo', 'fable', 'marin', 'nova', 'onyx', 'sage'],
  ...['shimmer', 'verse'],
] as const;

const defaultModel = 'gpt-4o-mini-tts';
/** A `preconnect()` that takes longer than this is aborted by the next one. */
const connectMs = 4000;

/** Text to speech by OpenAI, with one request for each chunk of text over connections that stay open. */
export class OpenAiTextToSpeech implements TextToSpeech {
  readonly name = 'openai';
  readonly model: string;
  readonly joinsPieces = false;
  readonly produces: AudioFormats = { encodings: ['linear16'], sampleRatesHz: [speechRateHz] };
  readonly #options: OpenAiVoiceOptions;
  readonly #service: AudioService;
  readonly #settings: SpeechSettings;
  readonly #clock: Clock;
  readonly #closing = new AbortController();
  #http: Promise<HttpClient> | null = null;
  #connecting: { readonly sinceMs: number; readonly abort: AbortController } | null = null;
  #warming: Promise<readonly ProviderNotice[]> | null = null;

  /** Starts nothing. Throws a TypeError for an invalid base URL. */
  constructor(options: OpenAiVoiceOptions) {
    const { apiKey, baseUrl, model = defaultModel, voice = defaultVoiceOf(model) } = options;
    const { instructions, speed, extra } = options;
    this.#options = options;
    this.model = model;
    this.#service = audioService(apiKey, baseUrl);
    this.#settings = { model, voice, instructions, speed, extra };
    this.#clock = options.clock ?? systemClock;
  }

  /**
   * Checks key and model. Resolves with a notice if the model will be shut down. Rejects with a ProviderError if one of
   * them is refused. A server that does not answer within a second is no error. Concurrent calls share one check.
   */
  warmUp(): Promise<readonly ProviderNotice[]> {
    // Loading blocks the process, so the server's time begins behind it.
    this.#warming ??= loadHttp()
      .then(() => startupCheck((signal) => this.probe(signal), this.#clock))
      .finally(() => (this.#warming = null));
    return this.#warming;
  }

  /** Requests the model's description, which is free. Rejects with a ProviderError. */
  probe(signal: AbortSignal): Promise<readonly ProviderNotice[]> {
    const { model } = this;
    return checkModel({ kind: 'tts', service: this.#service, model, clock: this.#clock, signal });
  }

  /** Opens a connection if none is idle, by requesting the model, which is free. */
  preconnect(): void {
    const nowMs = this.#clock.nowMs();
    if (this.#closing.signal.aborted) return;
    if (this.#connecting && nowMs - this.#connecting.sinceMs < connectMs) return;
    this.#connecting?.abort.abort();
    const connecting = { sinceMs: nowMs, abort: new AbortController() };
    this.#connecting = connecting;
    void this.#connect(AbortSignal.any([connecting.abort.signal, this.#closing.signal]))
      // If the server fails, the request for the answer will report it.
      .catch(() => undefined)
      .finally(() => {
        if (this.#connecting === connecting) this.#connecting = null;
      });
  }

  open(options: TtsStreamOptions): TextToSpeechStream {
    const { firstAudioTimeoutMs = 5000, audioTimeoutMs = 2000 } = this.#options;
    const context: AudioFailureContext = { kind: 'tts', apiKey: this.#service.apiKey, model: this.model };
    const stream = new OpenAiSpeechStream({
      ...options,
      speak: (text) => this.#speak(text),
      context,
      clock: this.#clock,
      firstAudioTimeoutMs,
      audioTimeoutMs,
    });
    const refusal = this.#refusalOf(options.format);
    // Not before the caller is back from this call.
    if (refusal !== null) queueMicrotask(() => stream.fail(audioError(...refusal, context)));
    return stream;
  }

  /** Closes all connections; answers that are being spoken fail. Idempotent. */
  async close(): Promise<void> {
    this.#closing.abort();
    const http = this.#http;
    this.#http = null;
    await http?.then((client) => client.close());
  }

  #speak(text: string): Utterance {
    return new SpeechRequest({
      ...{ service: this.#service, http: this.#openHttp(), settings: this.#settings, text },
    });
  }

  #refusalOf({ encoding, sampleRateHz }: AudioFormat): ['aborted' | 'bad_request', string] | null {
    if (this.#closing.signal.aborted) return ['aborted', 'The provider was closed.'];
    if (encoding === 'linear16' && sampleRateHz === speechRateHz) return null;
    return [
      'bad_request',
      `OpenAI gives linear16 at ${speechRateHz} Hz, not ${encoding} at ${sampleRateHz} Hz.`,
    ];
  }

  #openHttp(): Promise<HttpClient> {
    this.#http ??= openHttpClient(this.#service.endpoint.baseUrl);
    return this.#http;
  }

  async #connect(signal: AbortSignal): Promise<void> {
    const http = await this.#openHttp();
    if (http.hasIdleConnection || signal.aborted) return;
    // It must be a GET: undici closes the connection after a HEAD.
    const url = methodUrl(this.#service, `/models/${encodeURIComponent(this.model)}`);
    const headers = serviceHeaders(this.#service);
    const response = await http.fetch(url, { headers, signal, redirect: 'manual' });
    // The connection is free only after the whole body was read.
    await response.text();
  }
}

/** Text to speech by OpenAI. All sessions may share it; the caller closes it. Throws a TypeError for an invalid base URL. */
export function openAiTextToSpeech(options: OpenAiVoiceOptions): OpenAiTextToSpeech {
  return new OpenAiTextToSpeech(options);
}

/** The best voice that the model has. */
function defaultVoiceOf(model: string): string {
  return model.startsWith('gpt-') ? 'marin' : 'alloy';
}
