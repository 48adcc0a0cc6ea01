import type { AudioFormats } from '../../audio/audio-frame.js';
import { workerEntry } from '../../workers/worker-entry.js';
import { WorkerPool } from '../../workers/worker-pool.js';
import type { TextToSpeech, TextToSpeechStream, TtsStreamOptions } from '../text-to-speech.js';
import { assertFliteOptions, type FliteVoice } from './flite.js';
import { LocalSpeechStream } from './local-speech-stream.js';
import { PronunciationCache } from './pronunciation-cache.js';
import type { SynthesisService } from './synthesis-service.js';

export interface LocalTextToSpeechOptions {
  /** @default 'slt' */
  readonly voice?: FliteVoice;
  /**
   * How long each sound lasts, relative to the voice's own pace; from 0.3 to 3.
   * @default 1
   */
  readonly stretch?: number;
  /**
   * Threads that synthesize, one piece of text each at a time.
   * @default two, or one on a machine with a single core
   */
  readonly workers?: number;
}

/** The embedded text to speech: Flite in worker threads. */
export class LocalTextToSpeech implements TextToSpeech {
  readonly name = 'local';
  readonly produces: AudioFormats = { encodings: ['linear16', 'mulaw'], sampleRatesHz: 'any' };
  readonly #voice: FliteVoice;
  readonly #stretch: number;
  readonly #pool: WorkerPool<SynthesisService>;
  readonly #pronunciations = new PronunciationCache();

  /** Throws a RangeError for an unknown voice or a stretch out of range. Starts nothing. */
  constructor({ voice = 'slt', stretch = 1, workers }: LocalTextToSpeechOptions = {}) {
    assertFliteOptions({ voice, stretch });
    this.#voice = voice;
    this.#stretch = stretch;
    this.#pool = new WorkerPool({
      name: 'text-to-speech',
      entry: workerEntry(import.meta.url, './synthesis-worker.js'),
      ...(workers !== undefined && { size: workers }),
    });
  }

  /**
   * Starts a worker and has it speak a word to itself; resolves when the first answer can be spoken, and goes on with the
   * other workers. Rejects if the first cannot start.
   */
  async warmUp(): Promise<void> {
    await this.#pool.run('warmUp', this.#voice);
    // Whoever is given a worker that could not start is told then.
    this.#pool.runOnEach('warmUp', this.#voice).catch(() => undefined);
  }

  open(options: TtsStreamOptions): TextToSpeechStream {
    return new LocalSpeechStream({
      ...options,
      pool: this.#pool,
      pronunciations: this.#pronunciations,
      voice: this.#voice,
      stretch: this.#stretch,
    });
  }

  /** Resolves when the workers have nothing left to do and all events were delivered. */
  idle(): Promise<void> {
    return this.#pool.idle();
  }

  /** Ends the workers; open streams fail. Idempotent. */
  close(): Promise<void> {
    return this.#pool.close();
  }
}

/**
 * Speech synthesis without a network, a key or a file: Flite's voices, compiled to WebAssembly. Shared by all sessions;
 * whoever made it closes it. Throws a RangeError for options out of range.
 */
export function localTextToSpeech(options?: LocalTextToSpeechOptions): LocalTextToSpeech {
  return new LocalTextToSpeech(options);
}
