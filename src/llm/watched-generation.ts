import type { Clock } from '../clock.js';
import { ProviderError } from '../errors.js';
import { providerErrorOf } from '../supervisor/every-member.js';
import { StreamWatchdog } from '../supervisor/stream-watchdog.js';
import type { LanguageModel, LlmEvent, LlmRequest } from './language-model.js';

export interface WatchedGenerationOptions {
  readonly model: LanguageModel;
  readonly request: LlmRequest;
  readonly clock: Clock;
  /** Longest wait for the first sign of an answer. */
  readonly firstResultTimeoutMs: number;
  /** Longest silence in the middle of it. */
  readonly stallTimeoutMs: number;
  /**
   * The first sign of an answer has come; `isTimely` where it came as soon as there was one, which a tool call does not if
   * the model tells of it only when it is written.
   */
  readonly onStarted: (isTimely: boolean) => void;
}

/**
 * One generation of a model that is not trusted to end: reading it ends with the caller's signal and with the watchdog,
 * whether or not the model heeds its own. Costs one promise for each event and no timer. Whoever made it stops it.
 */
export class WatchedGeneration {
  readonly #options: WatchedGenerationOptions;
  readonly #watchdog: StreamWatchdog;
  #iterator: AsyncIterator<LlmEvent> | null = null;
  #started = false;
  #done = false;
  #interrupt: (() => void) | null = null;

  constructor(options: WatchedGenerationOptions) {
    this.#options = options;
    this.#watchdog = new StreamWatchdog(options.clock, options.request.signal);
    this.#watchdog.signal.addEventListener('abort', () => this.#interrupt?.(), { once: true });
  }

  /** The next event; null behind the last, and once the caller's signal has aborted. Rejects with whatever went wrong. */
  next(): Promise<LlmEvent | null> {
    const { request, firstResultTimeoutMs, stallTimeoutMs } = this.#options;
    if (this.#done || request.signal.aborted) return Promise.resolve(null);
    this.#watchdog.expect(this.#started ? stallTimeoutMs : firstResultTimeoutMs);
    return new Promise((resolve, reject) => {
      this.#interrupt = () => {
        if (this.#watchdog.expiredMs === null) resolve(null);
        else reject(this.#silence(this.#watchdog.expiredMs));
      };
      this.#iterator ??= this.#start();
      this.#iterator.next().then((result) => {
        // Reading was interrupted; this only settles what nobody waits for.
        if (this.#watchdog.signal.aborted) return;
        this.#watchdog.rest();
        if (result.done) return reject(this.#truncated());
        this.#noteStart(result.value.type === 'token');
        this.#done = result.value.type === 'done';
        resolve(result.value);
      }, reject);
    });
  }

  /** What {@link next} rejected with, as a ProviderError. */
  errorOf(thrown: unknown): ProviderError {
    return providerErrorOf(thrown, 'llm', this.#options.model.name);
  }

  /** Ends the generation and lets go of everything. Idempotent. */
  stop(): void {
    this.#interrupt = null;
    if (!this.#done) this.#watchdog.abort();
    this.#watchdog.stop();
    const iterator = this.#iterator;
    this.#iterator = null;
    // Not awaited, since one that hangs would hold up the call; it has no one left to tell of a failure.
    void Promise.resolve(iterator?.return?.()).catch(() => undefined);
  }

  #start(): AsyncIterator<LlmEvent> {
    const { model, request, stallTimeoutMs } = this.#options;
    const onProgress = (): void => {
      if (this.#watchdog.signal.aborted) return;
      this.#noteStart(true);
      this.#watchdog.expect(stallTimeoutMs);
    };
    const { signal } = this.#watchdog;
    return model.generate({ ...request, signal, onProgress })[Symbol.asyncIterator]();
  }

  #noteStart(isTimely: boolean): void {
    if (this.#started) return;
    this.#started = true;
    this.#options.onStarted(isTimely);
  }

  #silence(limitMs: number): ProviderError {
    const what = this.#started ? 'fell silent for' : 'did not begin to answer within';
    return this.#failure(`${what} ${limitMs} ms.`, 'timeout');
  }

  #truncated(): ProviderError {
    return this.#failure('ended in the middle of its answer.', 'connection');
  }

  #failure(what: string, category: 'timeout' | 'connection'): ProviderError {
    const provider = this.#options.model.name;
    return new ProviderError(`The language model ${provider} ${what}`, { kind: 'llm', provider, category });
  }
}
