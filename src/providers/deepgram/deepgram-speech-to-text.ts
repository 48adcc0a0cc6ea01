import type { AudioFormats } from '../../audio/audio-frame.js';
import { systemClock, type Clock } from '../../core/clock.js';
import { ConfigError } from '../../core/errors.js';
import { loadHttp } from '../../network/http-client.js';
import { refusalBy } from '../probe.js';
import type { SpeechToText, SpeechToTextStream, SttStreamOptions } from '../speech-to-text.js';
import type { WireCount } from './deepgram-connection.js';
import { deepgramError } from './deepgram-errors.js';
import { probeDeepgram } from './deepgram-probe.js';
import { DeepgramStream, type DeepgramStreamOptions, type OddMessageCount } from './deepgram-stream.js';
import { isFlux, type DeepgramRecognition } from './listen-request.js';
import { recognitionProblems } from './recognition-problems.js';

export interface DeepgramSpeechToTextOptions extends DeepgramRecognition {
  readonly apiKey: string;
  /** Another region or your own server; http, https, ws or wss. @default Deepgram's own service */
  readonly baseUrl?: string;
  /** Timeout of connecting. @default 5000 */
  readonly connectTimeoutMs?: number;
  /**
   * Timeout of Deepgram's answer to a flush; then the flush is answered with the words known so far. Deepgram does not
   * always answer when little audio is left. Longer than the session's own timeout, so that a late final can still
   * correct the turn.
   * @default 1000
   */
  readonly flushTimeoutMs?: number;
  /**
   * Whether a flush sends `ForceEndTurn` to Flux. If a self-hosted Flux does not know the message, the first stream
   * fails and is replaced, and later streams do not send it. @default true
   */
  readonly forceEndTurn?: boolean;
  /** @default the machine's clock */
  readonly clock?: Clock;
}

const sampleRatesHz = [16000, 8000, 24000, 48000];

/** Deepgram's live speech to text. Each stream has its own connection, so there is nothing to close here. */
export class DeepgramSpeechToText implements SpeechToText {
  readonly name = 'deepgram';
  readonly model: string;
  /**
   * Nova goes on in the next segment after a `Finalize`; by default Deepgram itself ends a segment after 10 ms of silence
   * (https://developers.deepgram.com/docs/endpointing). Flux judges the end of a turn by its words, so that an early
   * request would cut its turns.
   */
  readonly flushesEarly: boolean;
  readonly accepts: AudioFormats = { encodings: ['mulaw', 'linear16'], sampleRatesHz };
  readonly #settings: DeepgramStreamOptions;
  readonly #wire: WireCount = { sent: 0, received: 0 };
  readonly #odd: OddMessageCount = { unknown: 0, malformed: 0 };
  #warming: Promise<void> | null = null;

  /** Throws a ConfigError for options that Deepgram would refuse. Starts nothing. */
  constructor(options: DeepgramSpeechToTextOptions) {
    const { apiKey, model = 'nova-3', baseUrl, clock = systemClock } = options;
    // An HTTP header allows no other characters. The message must not contain the key.
    if (!/^[\x21-\x7e]+$/.test(apiKey))
      throw configError('apiKey', 'is empty or holds characters that no key has.', 'Set DEEPGRAM_API_KEY.');
    const problems = recognitionProblems(options);
    if (problems.length > 0) throw new ConfigError(problems);
    this.model = model;
    this.flushesEarly = !isFlux(model);
    this.#settings = {
      apiKey,
      baseUrl: baseUrl === undefined ? undefined : webSocketUrl(baseUrl),
      model,
      recognition: options,
      clock,
      connectTimeoutMs: options.connectTimeoutMs ?? 5000,
      flushTimeoutMs: options.flushTimeoutMs ?? 1000,
      forceEndTurn: { isUsed: options.forceEndTurn ?? true },
      wire: this.#wire,
      odd: this.#odd,
    };
  }

  /** Messages sent and received over all streams so far. */
  get wire(): Readonly<WireCount> {
    return this.#wire;
  }

  /** Ignored messages over all streams so far: of a new type, or not Deepgram messages. */
  get ignored(): Readonly<OddMessageCount> {
    return this.#odd;
  }

  /**
   * Loads the SDK (100 ms) and checks key and model. Rejects with a ProviderError if one of them is refused. A server
   * that does not answer within a second is no error. Concurrent calls share one check.
   */
  warmUp(): Promise<void> {
    this.#warming ??= this.#warmUp().finally(() => (this.#warming = null));
    return this.#warming;
  }

  async #warmUp(): Promise<void> {
    // Loading blocks the process, so the server's time begins behind it.
    await Promise.all([import('@deepgram/sdk'), loadHttp()]);
    const refusal = await refusalBy((signal) => this.probe(signal), this.#settings.clock);
    // A proxy may forward only streams, so other failures of the probe prove nothing.
    if (refusal?.category === 'auth' || refusal?.field !== undefined) throw refusal;
  }

  /** Checks key and model with requests that cost nothing. Rejects with a ProviderError. */
  probe(signal: AbortSignal): Promise<void> {
    const { apiKey, baseUrl, clock, model, recognition } = this.#settings;
    return probeDeepgram({ apiKey, baseUrl, clock, signal, model, language: recognition.language });
  }

  open(options: SttStreamOptions): SpeechToTextStream {
    const stream = new DeepgramStream(this.#settings, options);
    const { sampleRateHz } = options.format;
    if (sampleRatesHz.includes(sampleRateHz)) stream.start();
    else {
      const known = sampleRatesHz.join(', ');
      const error = deepgramError('bad_request', `Deepgram takes ${known} Hz, not ${sampleRateHz} Hz.`);
      queueMicrotask(() => stream.fail(error));
    }
    return stream;
  }
}

/**
 * Speech to text by Deepgram: Nova, or Flux for models named `flux-…`. Phone audio is sent as mu-law, unchanged; other
 * audio as linear PCM. Throws a ConfigError for options that Deepgram would refuse.
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
