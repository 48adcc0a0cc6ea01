/**
 * The decoders of all workers. One is lent to one utterance at a time, so a few serve many calls: people on the phone
 * mostly listen. They are made when they are needed and kept, because their memory is never given back.
 */
import { ProviderError, messageOf } from '../../errors.js';
import type { PinnedWorker, WorkerPool } from '../../workers/worker-pool.js';
import type { DecoderSettings, RecognitionService } from './recognition-service.js';

export interface DecoderPoolOptions {
  readonly workers: WorkerPool<RecognitionService>;
  readonly settings: DecoderSettings;
  /** The most decoders there may be. */
  readonly maxDecoders: number;
}

/** A decoder on loan for one utterance. All methods reject with a WorkerCrashedError if its worker is gone. */
export interface DecoderLoan {
  /** Takes the next audio (its memory moves to the worker) and gives the running guess. */
  feed(samples: Int16Array<ArrayBuffer>): Promise<string>;
  /** Ends the utterance and the loan; gives the final text. */
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
  /** Settings do not change: what was wrong with them once is wrong for good. */
  #wrongSettings: ProviderError | undefined;

  constructor(options: DecoderPoolOptions) {
    this.#options = options;
  }

  /** Makes decoders until there are `count`. Rejects with a ProviderError (`bad_request`) for settings that are wrong. */
  async prepare(count: number): Promise<void> {
    const missing = Math.min(count, this.#options.maxDecoders) - this.#count;
    await Promise.all(
      Array.from({ length: Math.max(0, missing) }, () => this.#make().then((made) => this.#lend(made))),
    );
  }

  /**
   * Borrows a decoder, in the order of asking; waits while all are out. Rejects with a ProviderError for settings that
   * are wrong, or with the signal's reason if that aborts the wait.
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

  /** A decoder that nobody uses; those whose worker has crashed are forgotten on the way. */
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
