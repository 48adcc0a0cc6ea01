import type { AudioFormats } from '../../audio/audio-frame.js';
import { systemClock, type Clock } from '../../core/clock.js';
import { loadHttp } from '../../network/http-client.js';
import { refusalBy } from '../probe.js';
import type { SpeechToText, SpeechToTextStream, SttStreamOptions } from '../speech-to-text.js';
import { webSocketUrl } from './cartesia-endpoint.js';
import type { Asked } from './cartesia-errors.js';
import { CartesiaListenStream } from './cartesia-listen-stream.js';
import { probeCartesia } from './cartesia-probe.js';
import { listenQuery, modelOf, type CartesiaRecognition } from './cartesia-stt-messages.js';

export interface CartesiaRecogniserOptions extends CartesiaRecognition {
  /** Never shown. */
  readonly apiKey: string;
  /** A proxy or a test server; http, https, ws or wss. @default 'https://api.cartesia.ai' */
  readonly baseUrl?: string;
  /** Timeout of connecting, in milliseconds. @default 5000 */
  readonly connectTimeoutMs?: number;
  /**
   * Timeout of Cartesia's answer to a flush, in milliseconds; then the flush is answered with the words known so far.
   * @default 1000
   */
  readonly flushTimeoutMs?: number;
  /** @default the machine's clock */
  readonly clock?: Clock;
}

const sampleRatesHz = [16000, 8000, 24000, 48000];

/**
 * Speech to text by Cartesia's Ink, with manual finalisation: the session decides when the caller has finished. Each
 * stream has its own connection, so there is nothing to close here.
 */
export class CartesiaSpeechToText implements SpeechToText {
  readonly name = 'cartesia';
  readonly model: string;
  readonly accepts: AudioFormats = { encodings: ['mulaw', 'linear16'], sampleRatesHz };
  readonly #options: CartesiaRecogniserOptions;
  readonly #asked: Asked;
  readonly #clock: Clock;
  #warming: Promise<void> | null = null;
  #ignored = 0;

  /** Starts nothing. */
  constructor(options: CartesiaRecogniserOptions) {
    const { apiKey, language, clock = systemClock } = options;
    this.#options = options;
    this.#clock = clock;
    this.model = modelOf(options);
    this.#asked = { kind: 'stt', apiKey, model: this.model, language };
  }

  /** Number of ignored messages over all streams so far: of a new type, or not Cartesia's. */
  get ignoredMessages(): number {
    return this.#ignored;
  }

  /**
   * Checks the key. Rejects with a ProviderError if it is refused. A server that does not answer within a second is no
   * error. Concurrent calls share one check.
   */
  warmUp(): Promise<void> {
    this.#warming ??= this.#warmUp().finally(() => (this.#warming = null));
    return this.#warming;
  }

  async #warmUp(): Promise<void> {
    // Loading blocks the process, so the server's time begins behind it.
    await loadHttp();
    const refusal = await refusalBy((signal) => this.probe(signal), this.#clock);
    // A proxy may forward only streams, so other failures of the probe prove nothing.
    if (refusal?.category === 'auth') throw refusal;
  }

  /** Checks the key with a request that costs nothing. Rejects with a ProviderError. */
  probe(signal: AbortSignal): Promise<void> {
    return probeCartesia({ asked: this.#asked, baseUrl: this.#options.baseUrl, clock: this.#clock, signal });
  }

  open(options: SttStreamOptions): SpeechToTextStream {
    const { baseUrl, connectTimeoutMs = 5000, flushTimeoutMs = 1000 } = this.#options;
    const stream = new CartesiaListenStream(
      {
        ...{ asked: this.#asked, clock: this.#clock, connectTimeoutMs, flushTimeoutMs },
        urlOf: (format) => `${webSocketUrl(baseUrl)}/stt/websocket?${listenQuery(this.#options, format)}`,
        onOddMessage: () => this.#ignored++,
      },
      options,
    );
    stream.start();
    return stream;
  }
}

/** Speech to text by Cartesia. Phone audio is sent as mu-law, unchanged; other audio as linear PCM. */
export function cartesiaSpeechToText(options: CartesiaRecogniserOptions): CartesiaSpeechToText {
  return new CartesiaSpeechToText(options);
}
