import type { AudioFormats } from '../../../audio/audio-frame.js';
import { systemClock, type Clock } from '../../../core/clock.js';
import type { ProviderNotice } from '../../../events/provider-notice.js';
import { loadHttp } from '../../../network/http-client.js';
import type { WireCount } from '../../live-socket.js';
import { LiveStream, type LiveSettings, type OddMessageCount } from '../../live-stream.js';
import { startupCheck } from '../../probe.js';
import type { SpeechToText, SpeechToTextStream, SttStreamOptions } from '../../speech-to-text.js';
import { audioError } from '../audio/audio-errors.js';
import { audioService, type AudioService } from '../audio/audio-service.js';
import { checkModel } from '../audio/model-check.js';
import { ItemTranscript } from './item-transcript.js';
import { realtimeWire } from './realtime-wire.js';
import { defaultModel, isLive, type OpenAiRecognition } from './recognition.js';
import { SpeechOnlyStream } from './speech-only-stream.js';

export interface OpenAiRecogniserOptions extends OpenAiRecognition {
  /** Never shown. */
  readonly apiKey: string;
  /** Azure, a compatible or a test server; http, https, ws or wss. @default 'https://api.openai.com/v1' */
  readonly baseUrl?: string;
  /** Timeout until the session exists, in milliseconds. @default 5000 */
  readonly connectTimeoutMs?: number;
  /** Timeout of the answer to a flush, in milliseconds; then it is answered with the words known so far. @default 4000 */
  readonly flushTimeoutMs?: number;
  /** @default the machine's clock */
  readonly clock?: Clock;
}

/** PCM is taken at 24 kHz only, mu-law at 8 kHz. */
const sampleRatesHz = [24_000, 8000];

/** Speech to text by OpenAI's realtime transcription. Each stream has its own session, so there is nothing to close here. */
export class OpenAiSpeechToText implements SpeechToText {
  readonly name = 'openai';
  readonly model: string;
  readonly accepts: AudioFormats = { encodings: ['mulaw', 'linear16'], sampleRatesHz };
  /** A commit in the middle of speech may cut a word. */
  readonly flushesEarly = false;
  /** Models that are not live begin to recognise at the flush. */
  readonly finalTimeoutMs: number;
  readonly #options: OpenAiRecogniserOptions;
  readonly #service: AudioService;
  readonly #clock: Clock;
  readonly #wire: WireCount = { sent: 0, received: 0 };
  #failedItems = 0;
  readonly #odd: OddMessageCount = { unknown: 0, malformed: 0 };
  #warming: Promise<readonly ProviderNotice[]> | null = null;

  /** Starts nothing. Throws a TypeError for an invalid base URL. */
  constructor(options: OpenAiRecogniserOptions) {
    const { apiKey, baseUrl, model = defaultModel } = options;
    this.#options = options;
    this.model = model;
    this.finalTimeoutMs = isLive(model) ? 1000 : 2000;
    this.#service = audioService(apiKey, baseUrl);
    this.#clock = options.clock ?? systemClock;
  }

  /** Messages sent and received over all streams so far. */
  get wire(): Readonly<WireCount> {
    return this.#wire;
  }

  /** Ignored messages over all streams so far: of a new type, or not OpenAI's messages. */
  get ignored(): Readonly<OddMessageCount> {
    return this.#odd;
  }

  /** Items over all streams so far that OpenAI could not transcribe. */
  get failedItems(): number {
    return this.#failedItems;
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
    return checkModel({ kind: 'stt', service: this.#service, model, clock: this.#clock, signal });
  }

  open(options: SttStreamOptions): SpeechToTextStream {
    const { connectTimeoutMs = 5000, flushTimeoutMs = 4000 } = this.#options;
    const { format } = options;
    const settings: LiveSettings = {
      ...{ clock: this.#clock, connectTimeoutMs, flushTimeoutMs, wire: this.#wire, odd: this.#odd },
    };
    const wire = realtimeWire({
      ...{ service: this.#service, recognition: this.#options, format },
      onFailedItem: () => this.#failedItems++,
    });
    return new SpeechOnlyStream((onEvent) => {
      const stream = new LiveStream(wire, new ItemTranscript(), settings, { ...options, onEvent });
      if (sampleRatesHz.includes(format.sampleRateHz)) stream.start();
      else {
        const message = `OpenAI takes ${sampleRatesHz.join(' or ')} Hz, not ${format.sampleRateHz} Hz.`;
        const context = { kind: 'stt', apiKey: this.#service.apiKey, model: this.model } as const;
        queueMicrotask(() => stream.fail(audioError('bad_request', message, context)));
      }
      return stream;
    }, options.onEvent);
  }
}

/** Speech to text by OpenAI. Phone audio is sent as mu-law, unchanged; other audio as linear PCM at 24 kHz. */
export function openAiSpeechToText(options: OpenAiRecogniserOptions): OpenAiSpeechToText {
  return new OpenAiSpeechToText(options);
}
