import type { AudioFormats } from '../../../audio/audio-frame.js';
import { WorkerPool } from '../../../workers/worker-pool.js';
import type {
  TextToSpeech,
  TextToSpeechStream,
  TtsStreamOptions,
  UnsayableText,
} from '../../text-to-speech.js';
import { unsayableWords } from './ascii-text.js';
import { assertFliteOptions, type FliteVoice } from './flite.js';
import { LocalSpeechStream } from './local-speech-stream.js';
import { PronunciationCache } from './pronunciation-cache.js';
import type { SynthesisService } from './synthesis-service.js';

export interface LocalTextToSpeechOptions {
  /** @default 'slt' */
  readonly voice?: FliteVoice;
  /**
   * Duration of each phone relative to the voice's own pace, from 0.3 to 3.
   * @default 1
   */
  readonly stretch?: number;
  /**
   * Number of threads; each synthesizes one piece of text at a time.
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
      entry: new URL('./synthesis-worker.js', import.meta.url),
      ...(workers !== undefined && { size: workers }),
    });
  }

  /**
   * Starts a worker and synthesizes a word with it; then does the same with the other workers in the background.
   * Resolves after the first. Rejects if the first cannot start.
   */
  async warmUp(): Promise<void> {
    await this.#pool.run('warmUp', this.#voice);
    // A failure here is reported when a stream needs that worker.
    this.#pool.runOnEach('warmUp', this.#voice).catch(() => undefined);
  }

  /** The words in other scripts than Latin. */
  unsayable(text: string): UnsayableText | null {
    const words = unsayableWords(text);
    return words.length === 0 ? null : { voice: this.name, words };
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

  /** Resolves when the workers are idle and all events were delivered. */
  idle(): Promise<void> {
    return this.#pool.idle();
  }

  /** Ends the workers; open streams fail. Idempotent. */
  close(): Promise<void> {
    return this.#pool.close();
  }
}

/**
 * Speech synthesis without a network, a key or a file: Flite's voices, compiled to WebAssembly. All sessions may share
 * it; the caller closes it. Throws a RangeError for options out of range.
 */
export function localTextToSpeech(options?: LocalTextToSpeechOptions): LocalTextToSpeech {
  return new LocalTextToSpeech(options);
}
