/**
 * The decoders of all workers. Each is lent to one utterance at a time, so a few serve many calls, since callers mostly
 * listen. They are made on demand and kept, because their memory cannot be freed.
 */
import { ProviderError, messageOf } from '../../../core/errors.js';
import type { PinnedWorker, WorkerPool } from '../../../workers/worker-pool.js';
import type { DecoderSettings, RecognitionService } from './recognition-service.js';

export interface DecoderPoolOptions {
  readonly workers: WorkerPool<RecognitionService>;
  readonly settings: DecoderSettings;
  /** The maximum number of decoders. */
  readonly maxDecoders: number;
}

/** A decoder lent to one utterance. All methods reject with a WorkerCrashedError if its worker has crashed. */
export interface DecoderLoan {
  /** Takes the next audio (its memory moves to the worker) and resolves with the interim result. */
  feed(samples: Int16Array<ArrayBuffer>): Promise<string>;
  /** Ends the utterance, returns the decoder, and resolves with the final text. */
  finish(): Promise<string>;
}

interface Decoder {
  readonly worker: PinnedWorker<RecognitionService>;
  readonly index: number;
}

interface Waiting {
  readonly resolve: (decoder: Decoder) => void;
  readonly reject: (error: Error) => void;
}

export class DecoderPool {
  readonly #options: DecoderPoolOptions;
  readonly #free: Decoder[] = [];
  readonly #waiting: Waiting[] = [];
  /** Decoders that exist or are being made. */
  #count = 0;
  /** The error for invalid settings; settings never change, so it holds for all decoders. */
  #wrongSettings: ProviderError | undefined;

  constructor(options: DecoderPoolOptions) {
    this.#options = options;
  }

  /** Makes decoders until there are `count`. Rejects with a ProviderError (`bad_request`) for invalid settings. */
  async prepare(count: number): Promise<void> {
    const missing = Math.min(count, this.#options.maxDecoders) - this.#count;
    await Promise.all(
      Array.from({ length: Math.max(0, missing) }, () => this.#make().then((made) => this.#lend(made))),
    );
  }

  /**
   * Borrows a decoder; requests wait in order while all are in use. Rejects with a ProviderError for invalid settings,
   * or with the signal's reason when it aborts the wait.
   */
  async borrow(sampleRateHz: number, signal: AbortSignal): Promise<DecoderLoan> {
    const decoder = await this.#next(signal);
    const { worker, index } = decoder;
    try {
      await worker.call('begin', { decoder: index, sampleRateHz });
    } catch (error) {
      this.#giveBack(decoder);
      throw error;
    }
    return {
      feed: (samples) => worker.call('feed', { decoder: index, samples }, [samples.buffer]),
      finish: () => worker.call('end', index).finally(() => this.#giveBack(decoder)),
    };
  }

  #next(signal: AbortSignal): Promise<Decoder> {
    const free = this.#takeFree();
    if (free) return Promise.resolve(free);
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        const index = this.#waiting.indexOf(waiting);
        if (index >= 0) this.#waiting.splice(index, 1);
        reject(signal.reason as Error);
      };
      const settled = (): void => signal.removeEventListener('abort', onAbort);
      const waiting: Waiting = {
        resolve: (decoder) => {
          settled();
          resolve(decoder);
        },
        reject: (error) => {
          settled();
          reject(error);
        },
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(waiting);
      if (this.#count < this.#options.maxDecoders) this.#makeForWaiting();
    });
  }

  /** A free decoder, if there is one; drops those whose worker has crashed. */
  #takeFree(): Decoder | undefined {
    for (;;) {
      const decoder = this.#free.pop();
      if (!decoder || decoder.worker.alive) return decoder;
      this.#forget(decoder);
    }
  }

  #makeForWaiting(): void {
    this.#make().then(
      (decoder) => this.#lend(decoder),
      (error: unknown) => this.#waiting.shift()?.reject(error as Error),
    );
  }

  async #make(): Promise<Decoder> {
    if (this.#wrongSettings) throw this.#wrongSettings;
    this.#count++;
    let worker: PinnedWorker<RecognitionService> | undefined;
    try {
      worker = this.#options.workers.pin();
      const creation = await worker.call('create', this.#options.settings);
      if (creation.ok) return { worker, index: creation.decoder };
      const details = { kind: 'stt', provider: 'local', category: 'bad_request' } as const;
      this.#wrongSettings = new ProviderError(creation.problem, details);
      throw this.#wrongSettings;
    } catch (error) {
      worker?.release();
      this.#count--;
      if (error instanceof ProviderError) throw error;
      const message = `The recogniser could not be started: ${messageOf(error)}`;
      throw new ProviderError(message, {
        kind: 'stt',
        provider: 'local',
        category: 'internal',
        retryable: true,
        cause: error,
      });
    }
  }

  #giveBack(decoder: Decoder): void {
    if (decoder.worker.alive) {
      this.#lend(decoder);
      return;
    }
    this.#forget(decoder);
    if (this.#waiting.length > 0) this.#makeForWaiting();
  }

  #lend(decoder: Decoder): void {
    const next = this.#waiting.shift();
    if (next) next.resolve(decoder);
    else this.#free.push(decoder);
  }

  #forget({ worker }: Decoder): void {
    worker.release();
    this.#count--;
  }
}
