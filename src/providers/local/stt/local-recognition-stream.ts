import type { AudioFrame } from '../../../audio/audio-frame.js';
import {
  InvalidStateError,
  ProviderError,
  messageOf,
  type ProviderErrorCategory,
} from '../../../core/errors.js';
import type { SpeechToTextStream, SttEvent, SttStreamOptions } from '../../speech-to-text.js';
import type { DecoderPool } from './decoder-pool.js';
import { PreRoll } from './pre-roll.js';
import { Utterance } from './utterance.js';

const preRollMs = 500;
/** Longer sound without a pause is noise, so the utterance ends and frees its decoder. */
const maxUtteranceMs = 30_000;

/**
 * Recognises one call. Between utterances it only keeps the last 500 ms of audio, so silence is cheap. An utterance
 * borrows a decoder from `speechStarted()` to `flush()`. Utterances are recognised one at a time, in order.
 */
export class LocalRecognitionStream implements SpeechToTextStream {
  readonly #decoders: DecoderPool;
  readonly #options: SttStreamOptions;
  readonly #preRoll: PreRoll;
  readonly #onAbort = (): void => void this.close();
  #utterance: Utterance | null = null;
  readonly #unfinished = new Set<Utterance>();
  /** Resolves when all requests so far have been answered. */
  #answered: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(decoders: DecoderPool, options: SttStreamOptions) {
    this.#decoders = decoders;
    this.#options = options;
    this.#preRoll = new PreRoll((preRollMs * options.format.sampleRateHz) / 1000);
    if (options.signal.aborted) this.#closed = true;
    else options.signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  write(frame: AudioFrame): void {
    if (this.#closed || frame.samples.length === 0) return;
    const { sampleRateHz } = this.#options.format;
    if (frame.sampleRateHz !== sampleRateHz) {
      this.#fail(
        'bad_request',
        `The stream was opened for ${sampleRateHz} Hz and got ${frame.sampleRateHz} Hz.`,
      );
      return;
    }
    if (!this.#utterance) {
      this.#preRoll.push(frame.samples);
      return;
    }
    this.#utterance.write(frame.samples);
    if (this.#utterance.durationMs >= maxUtteranceMs) this.#endUtterance();
  }

  speechStarted(): void {
    if (this.#closed || this.#utterance) return;
    const utterance = new Utterance({
      decoders: this.#decoders,
      sampleRateHz: this.#options.format.sampleRateHz,
      onPartial: (text) => this.#emit({ type: 'partial', text }),
    });
    for (const samples of this.#preRoll.take()) utterance.write(samples);
    this.#utterance = utterance;
    this.#unfinished.add(utterance);
    this.#answer(() => utterance.recognise().finally(() => this.#unfinished.delete(utterance)));
  }

  flush(): void {
    if (this.#closed) return;
    if (this.#utterance) this.#endUtterance();
    else this.#answer(() => Promise.resolve(''));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    this.#preRoll.take();
    for (const utterance of this.#unfinished)
      utterance.cancel(new InvalidStateError('The stream is closed.'));
    await this.#answered;
  }

  /** Reports the error and closes the stream. */
  fail(error: ProviderError): void {
    this.#emit({ type: 'error', error });
    void this.close();
  }

  #endUtterance(): void {
    this.#utterance?.end();
    this.#utterance = null;
  }

  /** Emits a final with the result of `recognise`, after all earlier ones. */
  #answer(recognise: () => Promise<string>): void {
    this.#answered = this.#answered
      .then(() => (this.#closed ? '' : recognise()))
      .then(
        (text) => this.#emit({ type: 'final', text, endOfUtterance: true }),
        (thrown: unknown) =>
          this.#fail('internal', `Speech recognition failed: ${messageOf(thrown)}`, thrown),
      );
  }

  #fail(category: ProviderErrorCategory, message: string, cause?: unknown): void {
    if (cause instanceof ProviderError) this.fail(cause);
    else
      this.fail(
        new ProviderError(message, {
          kind: 'stt',
          provider: 'local',
          category,
          retryable: category === 'internal',
          cause,
        }),
      );
  }

  #emit(event: SttEvent): void {
    if (!this.#closed) this.#options.onEvent(event);
  }
}
