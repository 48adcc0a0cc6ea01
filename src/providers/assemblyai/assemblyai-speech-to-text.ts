import type { AudioFormats } from '../../audio/audio-frame.js';
import { systemClock, type Clock } from '../../core/clock.js';
import { ConfigError, messageOf, ProviderError } from '../../core/errors.js';
import { loadHttp } from '../../network/http-client.js';
import { LiveStream, type LiveSettings, type OddMessageCount } from '../live-stream.js';
import type { WireCount } from '../live-socket.js';
import { askFor, refusalBy, runProbe } from '../probe.js';
import type { SpeechToText, SpeechToTextStream, SttStreamOptions } from '../speech-to-text.js';
import { assemblyAiError, statusError } from './assemblyai-errors.js';
import { assemblyAiWire } from './assemblyai-wire.js';
import {
  defaultModel,
  recognitionProblems,
  serviceUrl,
  type AssemblyAiRecognition,
} from './streaming-request.js';
import { TurnTranscript } from './turn-transcript.js';

export interface AssemblyAiOptions extends AssemblyAiRecognition {
  readonly apiKey: string;
  /**
   * Another region, for example `https://streaming.eu.assemblyai.com`, or a test server; http, https, ws or wss.
   * @default 'https://streaming.assemblyai.com'
   */
  readonly baseUrl?: string;
  /** Timeout until the session has begun. @default 5000 */
  readonly connectTimeoutMs?: number;
  /**
   * Timeout of the answer to a flush; then it is answered with the words known so far. AssemblyAI need not answer where
   * nothing was said. @default 1000
   */
  readonly flushTimeoutMs?: number;
  /** @default the machine's clock */
  readonly clock?: Clock;
}

const sampleRatesHz = [16000, 8000, 24000, 48000];

/** AssemblyAI's Universal Streaming. Each stream has its own session, so there is nothing to close here. */
export class AssemblyAiSpeechToText implements SpeechToText {
  readonly name = 'assemblyai';
  readonly model: string;
  readonly accepts: AudioFormats = { encodings: ['mulaw', 'linear16'], sampleRatesHz };
  readonly #options: AssemblyAiOptions;
  readonly #clock: Clock;
  readonly #wire: WireCount = { sent: 0, received: 0 };
  readonly #odd: OddMessageCount = { unknown: 0, malformed: 0 };
  #warming: Promise<void> | null = null;

  /** Throws a ConfigError for options that AssemblyAI would refuse. Starts nothing. */
  constructor(options: AssemblyAiOptions) {
    const { apiKey, baseUrl, model = defaultModel, clock = systemClock } = options;
    // An HTTP header allows no other characters. The message must not contain the key.
    if (!/^[\x21-\x7e]+$/.test(apiKey))
      throw configError('apiKey', 'is empty or holds characters that no key has.', 'Set ASSEMBLYAI_API_KEY.');
    if (baseUrl !== undefined && (!URL.canParse(baseUrl) || !/^(https?|wss?):\/\//i.test(baseUrl)))
      throw configError('baseUrl', 'is not a URL.', 'Write it like https://streaming.eu.assemblyai.com.');
    const problems = recognitionProblems(options);
    if (problems.length > 0) throw new ConfigError(problems);
    this.model = model;
    this.#options = options;
    this.#clock = clock;
  }

  /** Messages sent and received over all streams so far. */
  get wire(): Readonly<WireCount> {
    return this.#wire;
  }

  /** Ignored messages over all streams so far: of a new type, or not AssemblyAI's messages. */
  get ignored(): Readonly<OddMessageCount> {
    return this.#odd;
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
    await loadHttp();
    const refusal = await refusalBy((signal) => this.probe(signal), this.#clock);
    // A proxy may forward only streams, so other failures of the probe prove nothing.
    if (refusal?.category === 'auth') throw refusal;
  }

  /**
   * Asks for a temporary token that ends after a second and is never used: the same host and header as for streams, and
   * free, since only sessions are charged. Rejects with a ProviderError.
   *
   * Source: https://www.assemblyai.com/docs/streaming/authenticate-with-a-temporary-token
   */
  probe(signal: AbortSignal): Promise<void> {
    const { apiKey, baseUrl } = this.#options;
    const errorOf = (thrown: unknown): ProviderError =>
      thrown instanceof ProviderError
        ? thrown
        : assemblyAiError('connection', `There is no connection to AssemblyAI: ${messageOf(thrown)}`, thrown);
    const check = { kind: 'stt', provider: this.name, clock: this.#clock, signal, errorOf } as const;
    return runProbe(check, async (limit) => {
      const url = `${serviceUrl(baseUrl, 'http')}/v3/token?expires_in_seconds=1`;
      const { status, body, retryAfterMs } = await askFor(url, { authorization: apiKey }, limit);
      if (status === 404)
        throw assemblyAiError('bad_request', 'There is no AssemblyAI at the base URL: HTTP 404.');
      if (status !== 200)
        throw statusError(status, body.slice(0, 500), { apiKey, model: this.model }, retryAfterMs);
    });
  }

  open(options: SttStreamOptions): SpeechToTextStream {
    const { apiKey, baseUrl, formatTurns = false, connectTimeoutMs, flushTimeoutMs } = this.#options;
    const settings: LiveSettings = {
      clock: this.#clock,
      connectTimeoutMs: connectTimeoutMs ?? 5000,
      flushTimeoutMs: flushTimeoutMs ?? 1000,
      wire: this.#wire,
      odd: this.#odd,
    };
    const { format } = options;
    const wire = assemblyAiWire({ apiKey, baseUrl, recognition: this.#options, format });
    const stream = new LiveStream(wire, new TurnTranscript({ formatTurns }), settings, options);
    if (sampleRatesHz.includes(format.sampleRateHz)) stream.start();
    else {
      const known = sampleRatesHz.join(', ');
      const message = `This provider takes ${known} Hz, not ${format.sampleRateHz} Hz.`;
      queueMicrotask(() => stream.fail(assemblyAiError('bad_request', message)));
    }
    return stream;
  }
}

/**
 * Speech to text by AssemblyAI. Phone audio is sent as mu-law, unchanged; other audio as linear PCM. Throws a ConfigError
 * for options that AssemblyAI would refuse.
 */
export function assemblyAiSpeechToText(options: AssemblyAiOptions): AssemblyAiSpeechToText {
  return new AssemblyAiSpeechToText(options);
}

function configError(field: string, problem: string, remedy: string): ConfigError {
  return new ConfigError([{ field, problem, remedy }]);
}
