import type { AudioFormats } from '../../../audio/audio-frame.js';
import { ProviderError } from '../../../core/errors.js';
import { WorkerPool } from '../../../workers/worker-pool.js';
import type { SpeechToText, SpeechToTextStream, SttStreamOptions } from '../../speech-to-text.js';
import { appointmentDeskGrammar } from './appointment-desk-grammar.js';
import { DecoderPool } from './decoder-pool.js';
import { LocalRecognitionStream } from './local-recognition-stream.js';
import type { RecognitionService } from './recognition-service.js';

export interface LocalSpeechToTextOptions {
  /**
   * A JSGF grammar (https://www.w3.org/TR/jsgf/) of what callers may say, with one public rule. Other speech gives an
   * empty final.
   * @default an appointment desk
   */
  readonly grammar?: string;
  /** Pronunciations of words that the dictionary lacks: ARPAbet phones, for example `{ zoe: 'Z OW IY' }`. */
  readonly words?: Readonly<Record<string, string>>;
  /**
   * Number of threads.
   * @default two, or one on a machine with a single core
   */
  readonly workers?: number;
  /**
   * How many callers can be recognised at once; others wait until one has finished speaking. Each takes about 15 MB
   * from its first use.
   * @default 16
   */
  readonly maxDecoders?: number;
}

const sampleRatesHz = [8000, 16000];

/** The embedded speech to text: SoundSwallower in worker threads. */
export class LocalSpeechToText implements SpeechToText {
  readonly name = 'local';
  readonly accepts: AudioFormats = { encodings: ['linear16'], sampleRatesHz };
  /** It always answers, within milliseconds; but when many callers finish at once, their answers queue up. */
  readonly finalTimeoutMs = 2000;
  readonly #workers: WorkerPool<RecognitionService>;
  readonly #decoders: DecoderPool;

  /** Throws a RangeError if `workers` or `maxDecoders` is not a whole number of at least 1. Starts nothing. */
  constructor(options: LocalSpeechToTextOptions = {}) {
    const { grammar = appointmentDeskGrammar, words = {}, workers, maxDecoders = 16 } = options;
    if (!Number.isInteger(maxDecoders) || maxDecoders < 1)
      throw new RangeError(`${maxDecoders} decoders cannot recognise anything: use 1 or more.`);
    this.#workers = new WorkerPool({
      name: 'speech-to-text',
      entry: new URL('./recognition-worker.js', import.meta.url),
      ...(workers !== undefined && { size: workers }),
    });
    this.#decoders = new DecoderPool({ workers: this.#workers, settings: { grammar, words }, maxDecoders });
  }

  /**
   * Loads a decoder and compiles the grammar; then loads one in each other worker in the background. Resolves after the
   * first. Rejects with a ProviderError (`bad_request`) that says what is wrong with the grammar or the words.
   */
  async warmUp(): Promise<void> {
    await this.#decoders.prepare(1);
    // A failure here is reported when a stream needs that decoder.
    this.#decoders.prepare(this.#workers.size).catch(() => undefined);
  }

  open(options: SttStreamOptions): SpeechToTextStream {
    const stream = new LocalRecognitionStream(this.#decoders, options);
    const { sampleRateHz } = options.format;
    const ready = sampleRatesHz.includes(sampleRateHz)
      ? this.#decoders.prepare(1)
      : Promise.reject(unknownRate(sampleRateHz));
    ready.catch((error: unknown) => stream.fail(error as ProviderError));
    return stream;
  }

  /** Resolves when the workers are idle and all events were delivered. */
  idle(): Promise<void> {
    return this.#workers.idle();
  }

  /** Ends the workers; open streams fail when they are next used. Idempotent. */
  close(): Promise<void> {
    return this.#workers.close();
  }
}

/**
 * Speech recognition without a network, a key or a download: a grammar recogniser with a small model of English
 * telephone speech. All sessions may share it; the caller closes it. Throws a RangeError for options out of range.
 */
export function localSpeechToText(options?: LocalSpeechToTextOptions): LocalSpeechToText {
  return new LocalSpeechToText(options);
}

function unknownRate(sampleRateHz: number): ProviderError {
  return new ProviderError(`The local recogniser takes 8000 or 16000 Hz, not ${sampleRateHz} Hz.`, {
    kind: 'stt',
    provider: 'local',
    category: 'bad_request',
  });
}
