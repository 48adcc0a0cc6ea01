import type { Clock } from '../../core/clock.js';
import { ProviderError } from '../../core/errors.js';
import type { LlmUsage } from '../../metrics/provider-usage.js';
import { NotedRequest } from '../policy/noted-request.js';
import { UsageWatch } from '../policy/usage-watch.js';
import { estimatedUsage } from '../../providers/estimated-usage.js';
import { ofRequest } from '../../providers/request-id.js';
import { StreamWatchdog } from '../../providers/stream-watchdog.js';
import type { LanguageModel, LlmEvent, LlmRequest, SignOfLife } from '../../providers/language-model.js';

export interface WatchedGenerationOptions {
  readonly model: LanguageModel;
  /** The model's name in incidents. */
  readonly name: string;
  readonly request: LlmRequest;
  readonly clock: Clock;
  /** Longest wait for the first sign of an answer: text, reasoning, a tool call. Keep-alives restart it. */
  readonly firstResultTimeoutMs: number;
  /** Longest silence in the middle of the answer. */
  readonly stallTimeoutMs: number;
}

/**
 * One generation of a model that may hang. Reading it ends with the caller's signal and with the watchdog, even if the model
 * ignores its own signal. Costs one promise and no timer for each event. Its creator stops it.
 */
export class WatchedGeneration {
  readonly #options: WatchedGenerationOptions;
  readonly #watchdog: StreamWatchdog;
  readonly #noted: NotedRequest;
  readonly #usage: UsageWatch<LlmUsage>;
  #iterator: AsyncIterator<LlmEvent> | null = null;
  /** Pieces of the answer so far. */
  #pieces = 0;
  #characters = 0;
  #started = false;
  #done = false;
  #interrupt: (() => void) | null = null;

  constructor(options: WatchedGenerationOptions) {
    this.#options = options;
    this.#noted = new NotedRequest(options.name, options.request.onIncident);
    this.#usage = new UsageWatch(options.request.onUsage);
    this.#watchdog = new StreamWatchdog(options.clock, options.request.signal);
    this.#watchdog.signal.addEventListener('abort', () => this.#interrupt?.(), { once: true });
  }

  /** The next event; null after the last one, and once the caller's signal has aborted. Rejects with whatever went wrong. */
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
        // Reading was interrupted: the promise has been settled already.
        if (this.#watchdog.signal.aborted) return;
        this.#watchdog.rest();
        if (result.done) return reject(this.#truncated());
        this.#started = true;
        this.#done = result.value.type === 'done';
        this.#count(result.value);
        resolve(result.value);
      }, reject);
    });
  }

  /** Ends the generation and frees everything. Idempotent. */
  stop(): void {
    this.#interrupt = null;
    if (!this.#done) this.#watchdog.abort();
    this.#watchdog.stop();
    const iterator = this.#iterator;
    this.#iterator = null;
    // Not awaited: an iterator that hangs would hold up the call. Its failure changes nothing any more.
    void Promise.resolve(iterator?.return?.())
      .catch(() => undefined)
      .then(() => this.#usage.end(() => this.#counted()));
  }

  #count(event: LlmEvent): void {
    if (event.type !== 'done') this.#pieces++;
    if ('text' in event) this.#characters += event.text.length;
  }

  /** What a model has used that does not say so itself: null if it has not begun to answer. */
  #counted(): LlmUsage | null {
    if (this.#pieces === 0) return null;
    const { model, request } = this.#options;
    // A model may give its whole answer in one piece.
    const outputs = Math.max(this.#pieces, Math.ceil(this.#characters / 4));
    return {
      kind: 'llm',
      provider: model.name,
      ...(model.model !== undefined && { model: model.model }),
      ...estimatedUsage(request, outputs),
      estimated: true,
    };
  }

  #start(): AsyncIterator<LlmEvent> {
    const { model, request, firstResultTimeoutMs, stallTimeoutMs } = this.#options;
    const onProgress = (sign: SignOfLife): void => {
      if (this.#watchdog.signal.aborted) return;
      this.#started ||= sign === 'answer';
      this.#watchdog.expect(this.#started ? stallTimeoutMs : firstResultTimeoutMs);
      request.onProgress?.(sign);
    };
    const { signal } = this.#watchdog;
    const { onIncident } = this.#noted;
    const { onUsage } = this.#usage;
    return model.generate({ ...request, signal, onProgress, onIncident, onUsage })[Symbol.asyncIterator]();
  }

  #silence(limitMs: number): ProviderError {
    const what = this.#started ? 'fell silent for' : 'did not begin to answer within';
    return this.#failure(`${what} ${Math.round(limitMs)} ms.`, 'timeout');
  }

  #truncated(): ProviderError {
    return this.#failure('ended in the middle of its answer.', 'connection');
  }

  #failure(what: string, category: 'timeout' | 'connection'): ProviderError {
    const provider = this.#options.model.name;
    const details = { kind: 'llm', provider, category } as const;
    const error = new ProviderError(`The language model ${provider} ${what}`, details);
    return ofRequest(error, this.#noted.requestId);
  }
}
