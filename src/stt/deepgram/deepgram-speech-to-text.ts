import type { AudioFormats } from '../../audio/audio-frame.js';
import { systemClock, type Clock } from '../../clock.js';
import { ConfigError } from '../../errors.js';
import { refusalBy } from '../../supervisor/probe.js';
import type { SpeechToText, SpeechToTextStream, SttStreamOptions } from '../speech-to-text.js';
import type { WireCount } from './deepgram-connection.js';
import { deepgramError } from './deepgram-errors.js';
import { probeDeepgram } from './deepgram-probe.js';
import { DeepgramStream, type DeepgramStreamOptions } from './deepgram-stream.js';
import type { DeepgramRecognition } from './listen-request.js';

export interface DeepgramSpeechToTextOptions extends DeepgramRecognition {
  readonly apiKey: string;
  /** Another region or a server of your own; http, https, ws and wss forms. @default Deepgram's own service */
  readonly baseUrl?: string;
  /** How long a connection may take to come about. @default 5000 */
  readonly connectTimeoutMs?: number;
  /**
   * How long Deepgram may take to answer a flush before it is answered with the words known so far: it does not promise
   * an answer where little audio is left. Longer than the session waits, so that a late final can still correct it.
   * @default 1000
   */
  readonly flushTimeoutMs?: number;
  /** Whether a flush ends Flux's turn; set it to false for a self-hosted Flux, which may not know the message. @default true */
  readonly forceEndTurn?: boolean;
  /** @default the machine's clock */
  readonly clock?: Clock;
}

const sampleRatesHz = [16000, 8000, 24000, 48000];

/** Deepgram's live speech to text. A stream is one connection; nothing is shared, so there is nothing to close here. */
export class DeepgramSpeechToText implements SpeechToText {
  readonly name = 'deepgram';
  readonly accepts: AudioFormats = { encodings: ['mulaw', 'linear16'], sampleRatesHz };
  readonly #settings: DeepgramStreamOptions;
  readonly #wire: WireCount = { sent: 0, received: 0 };

  /** Throws a ConfigError for a key or a base URL that cannot be one. Starts nothing. */
  constructor(options: DeepgramSpeechToTextOptions) {
    const { apiKey, model = 'nova-3', baseUrl, clock = systemClock } = options;
    // A header takes nothing else; the key itself must not appear in a message.
    if (!/^[\x21-\x7e]+$/.test(apiKey))
      throw configError('apiKey', 'is empty or holds characters that no key has.', 'Set DEEPGRAM_API_KEY.');
    this.#settings = {
      apiKey,
      baseUrl: baseUrl === undefined ? undefined : webSocketUrl(baseUrl),
      model,
      recognition: options,
      clock,
      connectTimeoutMs: options.connectTimeoutMs ?? 5000,
      flushTimeoutMs: options.flushTimeoutMs ?? 1000,
      forceEndTurn: options.forceEndTurn ?? true,
      wire: this.#wire,
    };
  }

  /** Messages sent and received over all streams so far. */
  get wire(): Readonly<WireCount> {
    return this.#wire;
  }

  /**
   * Loads the SDK, which takes a tenth of a second, and has the key checked. Rejects with a ProviderError where the key is
   * refused; a server that does not answer within a second is not held against it.
   */
  async warmUp(): Promise<void> {
    const { clock } = this.#settings;
    const [refusal] = await Promise.all([
      refusalBy((signal) => this.probe(signal), clock),
      import('@deepgram/sdk'),
    ]);
    // Of the config only the key was asked about: a proxy may pass on nothing but streams.
    if (refusal?.category === 'auth') throw refusal;
  }

  /** Has the key checked by a request that costs nothing. Rejects with a ProviderError. */
  probe(signal: AbortSignal): Promise<void> {
    const { apiKey, baseUrl, clock } = this.#settings;
    return probeDeepgram({ apiKey, baseUrl, clock, signal });
  }

  open(options: SttStreamOptions): SpeechToTextStream {
    const stream = new DeepgramStream(this.#settings, options);
    const { sampleRateHz } = options.format;
    if (sampleRatesHz.includes(sampleRateHz)) stream.start();
    else {
      const known = sampleRatesHz.join(', ');
      const error = deepgramError('bad_request', `Deepgram is given ${known} Hz, not ${sampleRateHz} Hz.`);
      queueMicrotask(() => stream.fail(error));
    }
    return stream;
  }
}

/**
 * Speech to text by Deepgram: nova-3, or Flux where the model says so. Phone audio goes to it as it came, everything else
 * as linear PCM. Throws a ConfigError for a key or a base URL that cannot be one.
 *
 * Source: https://developers.deepgram.com/docs/live-streaming-audio and `…/docs/flux`
 */
export function deepgramSpeechToText(options: DeepgramSpeechToTextOptions): DeepgramSpeechToText {
  return new DeepgramSpeechToText(options);
}

function webSocketUrl(baseUrl: string): string {
  if (!URL.canParse(baseUrl) || !/^(https?|wss?):\/\//i.test(baseUrl))
    throw configError('baseUrl', 'is not a URL.', 'Write it like https://api.eu.deepgram.com.');
  return baseUrl.replace(/^http/i, 'ws');
}

function configError(field: string, problem: string, remedy: string): ConfigError {
  return new ConfigError([{ field, problem, remedy }]);
}
