import { WorkerCrashedError } from '../../../workers/worker-thread.js';
import type { DecoderPool } from './decoder-pool.js';

export interface UtteranceOptions {
  readonly decoders: DecoderPool;
  readonly sampleRateHz: number;
  /** Called with a new interim result; never empty. */
  readonly onPartial: (text: string) => void;
}

/** Audio between two interim results. */
const feedMs = 80;
/** Most audio sent to a worker at once, so that an utterance that catches up does not delay the others. */
const maxFeedMs = 500;

/**
 * One utterance, from the start of speech to a flush. Keeps its audio until it is recognised: it may have to wait for a
 * decoder, and after a worker's crash another decoder needs it from the start.
 */
export class Utterance {
  readonly #options: UtteranceOptions;
  readonly #abort = new AbortController();
  readonly #audio: Int16Array[] = [];
  #fedFrames = 0;
  #unfedSamples = 0;
  #samples = 0;
  #ended = false;
  #partial = '';
  #wake: (() => void) | null = null;

  constructor(options: UtteranceOptions) {
    this.#options = options;
  }

  /** Length of all audio so far. */
  get durationMs(): number {
    return (this.#samples / this.#options.sampleRateHz) * 1000;
  }

  write(samples: Int16Array): void {
    if (this.#ended) return;
    this.#audio.push(samples);
    this.#samples += samples.length;
    this.#unfedSamples += samples.length;
    if (this.#unfedMs >= feedMs) this.#wakeUp();
  }

  /** No more audio follows. */
  end(): void {
    this.#ended = true;
    this.#wakeUp();
  }

  /** Cancels: `recognise` rejects with the reason, after the decoder was returned. Idempotent. */
  cancel(reason: Error): void {
    this.#abort.abort(reason);
    this.end();
  }

  /**
   * Borrows a decoder, feeds it until the end, and resolves with the final text. Call it once. Rejects with a
   * WorkerCrashedError if the worker crashed twice, or with a ProviderError if no decoder could be made.
   */
  async recognise(): Promise<string> {
    try {
      return await this.#attempt();
    } catch (error) {
      if (!(error instanceof WorkerCrashedError) || this.#abort.signal.aborted) throw error;
      this.#fedFrames = 0;
      this.#unfedSamples = this.#samples;
      return await this.#attempt();
    }
  }

  async #attempt(): Promise<string> {
    const { decoders, sampleRateHz, onPartial } = this.#options;
    const { signal } = this.#abort;
    const decoder = await decoders.borrow(sampleRateHz, signal);
    try {
      while (!signal.aborted && (this.#unfedSamples > 0 || !this.#ended)) {
        if (this.#unfedMs < feedMs && !this.#ended) {
          await new Promise<void>((resolve) => (this.#wake = resolve));
          continue;
        }
        const text = await decoder.feed(this.#nextFeed());
        if (text === '' || text === this.#partial) continue;
        this.#partial = text;
        onPartial(text);
      }
    } catch (error) {
      await decoder.finish().catch(() => undefined);
      throw error;
    }
    const text = await decoder.finish();
    signal.throwIfAborted();
    return text;
  }

  get #unfedMs(): number {
    return (this.#unfedSamples / this.#options.sampleRateHz) * 1000;
  }

  #nextFeed(): Int16Array<ArrayBuffer> {
    const maxSamples = (maxFeedMs * this.#options.sampleRateHz) / 1000;
    const from = this.#fedFrames;
    let length = 0;
    for (let frame = this.#audio[from]; frame; frame = this.#audio[this.#fedFrames]) {
      if (length > 0 && length + frame.length > maxSamples) break;
      length += frame.length;
      this.#fedFrames++;
    }
    const feed = new Int16Array(length);
    let at = 0;
    for (const frame of this.#audio.slice(from, this.#fedFrames)) {
      feed.set(frame, at);
      at += frame.length;
    }
    this.#unfedSamples -= length;
    return feed;
  }

  #wakeUp(): void {
    this.#wake?.();
    this.#wake = null;
  }
}
