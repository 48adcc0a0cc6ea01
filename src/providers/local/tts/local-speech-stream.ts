import { setMaxListeners } from 'node:events';
import { ProviderError, messageOf } from '../../../core/errors.js';
import type { WorkerPool } from '../../../workers/worker-pool.js';
import type { TimedWord } from '../../../audio/timed-word.js';
import type { TextToSpeechStream, TtsEvent, TtsStreamOptions } from '../../text-to-speech.js';
import { unsayableWords } from './ascii-text.js';
import type { FliteVoice } from './flite.js';
import type { PronunciationCache } from './pronunciation-cache.js';
import { speechPieces, wordsOf, type SpeechPiece } from './speech-text.js';
import type { SynthesisService, SynthesizedSpeech } from './synthesis-service.js';
import { alignWords, type PlacedPhone } from './word-alignment.js';

export interface LocalSpeechStreamOptions extends TtsStreamOptions {
  readonly pool: WorkerPool<SynthesisService>;
  readonly pronunciations: PronunciationCache;
  readonly voice: FliteVoice;
  readonly stretch: number;
}

interface SpokenPiece {
  readonly text: string;
  readonly speech: Promise<SynthesizedSpeech>;
  readonly priority: number;
}

/** Longest part of the voice's fading end that is kept; the rest of a pause is added before the next piece. */
const maxTailMs = 100;

/**
 * Speaks one agent turn. Pieces are synthesized on any free worker and given in order. The n-th piece of a stream has
 * priority over the (n+1)-th of any other, so that a long turn does not delay the start of others.
 */
export class LocalSpeechStream implements TextToSpeechStream {
  readonly #options: LocalSpeechStreamOptions;
  readonly #abort = new AbortController();
  readonly #onAbort = (): void => this.close();
  /** Resolves when all audio of the text so far has been given. */
  #given: Promise<void> = Promise.resolve();
  /** Resolves when its word times have been given too; audio never waits for them. */
  #aligned: Promise<void> = Promise.resolve();
  #chunks = 0;
  #pieces = 0;
  #pauseBeforeMs = 0;
  #samples = 0;
  #ended = false;
  #toldUnsayable = false;

  constructor(options: LocalSpeechStreamOptions) {
    this.#options = options;
    // Every waiting piece listens to the signal; Node would warn of a leak at more than ten listeners.
    setMaxListeners(0, this.#abort.signal);
    if (options.signal.aborted) this.#abort.abort();
    else options.signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  write(text: string): void {
    if (this.#ended || this.#closed) return;
    const chunk = this.#chunks++;
    if (!this.#toldUnsayable) this.#checkWords(text);
    const pieces = speechPieces(text, { startSoon: this.#pieces === 0 });
    const spoken = pieces.map((piece) => this.#synthesize(piece));
    this.#given = this.#given.then(() => this.#giveChunk(chunk, spoken)).catch(this.#fail);
  }

  end(): void {
    if (this.#ended || this.#closed) return;
    this.#ended = true;
    void this.#given
      .then(() => this.#aligned)
      .then(() => {
        this.#emit({ type: 'done' });
        this.close();
      });
  }

  close(): void {
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    this.#abort.abort();
  }

  get #closed(): boolean {
    return this.#abort.signal.aborted;
  }

  /** Warns once of words that the voice cannot say. */
  #checkWords(text: string): void {
    const words = unsayableWords(text);
    if (words.length === 0) return;
    this.#toldUnsayable = true;
    const message = `The embedded voice knows Latin letters only and leaves out "${shortened(words.join(' '))}": use a voice that speaks the language.`;
    this.#options.onIncident?.({ type: 'warning', code: 'unsayable_text', message });
  }

  #synthesize({ text, pauseAfterMs }: SpeechPiece): SpokenPiece {
    const { pool, voice, stretch, format } = this.#options;
    const tailMs = Math.min(maxTailMs, pauseAfterMs);
    const request = { text, voice, stretch, format, leadMs: this.#pauseBeforeMs, tailMs };
    this.#pauseBeforeMs = pauseAfterMs - tailMs;
    const priority = this.#pieces++;
    const speech = pool.run('synthesize', request, { priority, signal: this.#abort.signal });
    // It is awaited later, possibly after it has failed.
    speech.catch(() => undefined);
    return { text, speech, priority };
  }

  async #giveChunk(chunk: number, pieces: readonly SpokenPiece[]): Promise<void> {
    const { sampleRateHz } = this.#options.format;
    const words: Promise<TimedWord[]>[] = [];
    for (const piece of pieces) {
      const { samples, mulaw, phones } = await piece.speech;
      if (this.#closed) return;
      const startMs = (this.#samples / sampleRateHz) * 1000;
      this.#samples += samples.length;
      if (samples.length > 0) {
        const encoded = mulaw && { encoding: 'mulaw' as const, bytes: mulaw };
        this.#emit({ type: 'audio', chunk, frame: { samples, sampleRateHz, ...(encoded && { encoded }) } });
      }
      words.push(this.#align(piece, phones, startMs));
    }
    this.#emit({ type: 'chunk_done', chunk });
    this.#aligned = Promise.all([...words, this.#aligned]).then(
      (aligned) =>
        this.#emit({ type: 'alignment', chunk, words: aligned.slice(0, -1).flatMap((piece) => piece ?? []) }),
      // Without word times the session estimates them from the words' lengths, so the speech goes on.
      () => undefined,
    );
  }

  async #align(
    { text, priority }: SpokenPiece,
    phones: readonly PlacedPhone[],
    startMs: number,
  ): Promise<TimedWord[]> {
    const { pool, pronunciations } = this.#options;
    const words = wordsOf(text);
    const sounds = await pronunciations.lookUp(words, (missing) =>
      // After the audio of this piece and before that of later pieces, which is needed less soon.
      pool.run('pronounce', missing, { priority: priority + 0.5, signal: this.#abort.signal }),
    );
    const placed = phones.map((phone) => ({
      phone: phone.phone,
      startMs: startMs + phone.startMs,
      endMs: startMs + phone.endMs,
    }));
    return alignWords(
      placed,
      words.map((word, index) => ({ text: word, phones: sounds[index] ?? [] })),
      startMs,
    );
  }

  readonly #fail = (thrown: unknown): void => {
    const error = new ProviderError(`Speech synthesis failed: ${messageOf(thrown)}`, {
      kind: 'tts',
      provider: 'local',
      category: 'internal',
      retryable: true,
      cause: thrown,
    });
    this.#emit({ type: 'error', error });
    this.close();
  };

  #emit(event: TtsEvent): void {
    if (!this.#closed) this.#options.onEvent(event);
  }
}

function shortened(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 79).trimEnd()}…`;
}
