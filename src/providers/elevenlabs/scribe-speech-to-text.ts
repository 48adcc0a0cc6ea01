import type { AudioFormats } from '../../audio/audio-frame.js';
import { systemClock, type Clock } from '../../core/clock.js';
import { ConfigError, messageOf, ProviderError } from '../../core/errors.js';
import { loadHttp } from '../../network/http-client.js';
import { LiveStream, type LiveSettings, type OddMessageCount } from '../live-stream.js';
import type { WireCount } from '../live-socket.js';
import { askFor, refusalBy, runProbe } from '../probe.js';
import type { SpeechToText, SpeechToTextStream, SttStreamOptions } from '../speech-to-text.js';
import { errorDetail } from './error-detail.js';
import { scribeError, scribeStatusError } from './scribe-errors.js';
import {
  defaultScribeModel,
  scribeProblems,
  scribeRatesHz,
  scribeServiceUrl,
  type ScribeRecognition,
} from './scribe-request.js';
import { ScribeTranscript } from './scribe-transcript.js';
import { scribeWire } from './scribe-wire.js';

export interface ScribeOptions extends ScribeRecognition {
  readonly apiKey: string;
  /** Another region or a test server; http, https, ws or wss. @default 'https://api.elevenlabs.io' */
  readonly baseUrl?: string;
  /** Timeout until the session has started. @default 5000 */
  readonly connectTimeoutMs?: number;
  /** Timeout of the answer to a commit; then the flush is answered with the words known so far. @default 1000 */
  readonly flushTimeoutMs?: number;
  /** @default the machine's clock */
  readonly clock?: Clock;
}

/** ElevenLabs' Scribe in real time. Each stream has its own session, so there is nothing to close here. */
export class ScribeSpeechToText implements SpeechToText {
  readonly name = 'elevenlabs';
  readonly model: string;
  readonly accepts: AudioFormats = { encodings: ['mulaw', 'linear16'], sampleRatesHz: scribeRatesHz };
  readonly #options: ScribeOptions;
  readonly #clock: Clock;
  readonly #wire: WireCount = { sent: 0, received: 0 };
  readonly #odd: OddMessageCount = { unknown: 0, malformed: 0 };
  #warming: Promise<void> | null = null;

  /** Throws a ConfigError for options that ElevenLabs would refuse. Starts nothing. */
  constructor(options: ScribeOptions) {
    const { apiKey, baseUrl, model = defaultScribeModel, clock = systemClock } = options;
    // An HTTP header allows no other characters. The message must not contain the key.
    if (!/^[\x21-\x7e]+$/.test(apiKey))
      throw configError('apiKey', 'is empty or holds characters that no key has.', 'Set ELEVENLABS_API_KEY.');
    if (baseUrl !== undefined && (!URL.canParse(baseUrl) || !/^(https?|wss?):\/\//i.test(baseUrl)))
      throw configError('baseUrl', 'is not a URL.', 'Write it like https://api.eu.residency.elevenlabs.io.');
    const problems = scribeProblems(options);
    if (problems.length > 0) throw new ConfigError(problems);
    this.model = model;
    this.#options = options;
    this.#clock = clock;
  }

  /** Messages sent and received over all streams so far. */
  get wire(): Readonly<WireCount> {
    return this.#wire;
  }

  /** Ignored messages over all streams so far: of a new type, or not Scribe's messages. */
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
   * Checks the key by a list of models, which costs nothing. A key that may not read it is a key all the same. The list
   * proves nothing about Scribe's model. Rejects with a ProviderError.
   */
  probe(signal: AbortSignal): Promise<void> {
    const { apiKey, baseUrl, language } = this.#options;
    const errorOf = (thrown: unknown): ProviderError =>
      thrown instanceof ProviderError
        ? thrown
        : scribeError('connection', `There is no connection to elevenlabs: ${messageOf(thrown)}`, {
            cause: thrown,
          });
    const check = { kind: 'stt', provider: this.name, clock: this.#clock, signal, errorOf } as const;
    return runProbe(check, async (limit) => {
      const url = `${scribeServiceUrl(baseUrl, 'http')}/v1/models`;
      const { status, body, retryAfterMs } = await askFor(url, { 'xi-api-key': apiKey }, limit);
      if (status === 200 || errorDetail(body)?.code === 'missing_permissions') return;
      throw scribeStatusError(status, body, { apiKey, language, model: this.model }, retryAfterMs);
    });
  }

  open(options: SttStreamOptions): SpeechToTextStream {
    const { apiKey, baseUrl, timestamps = false, vad, connectTimeoutMs, flushTimeoutMs } = this.#options;
    const settings: LiveSettings = {
      clock: this.#clock,
      connectTimeoutMs: connectTimeoutMs ?? 5000,
      flushTimeoutMs: flushTimeoutMs ?? 1000,
      wire: this.#wire,
      odd: this.#odd,
    };
    const { format } = options;
    const wire = scribeWire({ apiKey, baseUrl, recognition: this.#options, format });
    const transcript = new ScribeTranscript({ isTimed: timestamps, endsUtterances: vad !== undefined });
    const stream = new LiveStream(wire, transcript, settings, options);
    if (scribeRatesHz.includes(format.sampleRateHz)) stream.start();
    else {
      const message = `Scribe takes ${scribeRatesHz.join(', ')} Hz, not ${format.sampleRateHz} Hz.`;
      queueMicrotask(() => stream.fail(scribeError('bad_request', message)));
    }
    return stream;
  }
}

/**
 * Speech to text by ElevenLabs' Scribe. Phone audio is sent as mu-law, unchanged; other audio as linear PCM. Throws a
 * ConfigError for options that ElevenLabs would refuse.
 */
export function scribeSpeechToText(options: ScribeOptions): ScribeSpeechToText {
  return new ScribeSpeechToText(options);
}

function configError(field: string, problem: string, remedy: string): ConfigError {
  return new ConfigError([{ field, problem, remedy }]);
}
