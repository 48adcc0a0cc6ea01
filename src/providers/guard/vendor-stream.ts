import type { ProviderError } from '../../core/errors.js';
import { described, isObject, isPromise, missingMethods } from '../shape.js';
import { discard } from './discard.js';
import type { Vendor } from './vendor.js';

interface VendorStreamOptions<Event> {
  readonly vendor: Vendor;
  readonly onEvent: (event: Event | { readonly type: 'error'; readonly error: ProviderError }) => void;
  /** What is wrong with an event that is an object; null if nothing is. */
  readonly problemOf: (event: Readonly<Record<string, unknown>>) => string | null;
  /** The methods that a stream must have. */
  readonly methods: readonly string[];
}

/**
 * One stream of a vendor, of which nothing is certain. It opens it, calls its methods and passes its events on. The
 * first thing that breaks the contract becomes the stream's one error, and nothing of the vendor's follows it.
 */
export class VendorStream<Stream extends object, Event> {
  readonly #options: VendorStreamOptions<Event>;
  #stream: Stream | null = null;
  #hasFailed = false;
  #isClosed = false;

  constructor(options: VendorStreamOptions<Event>) {
    this.#options = options;
  }

  /** Opens the stream. Never throws. */
  open(open: () => unknown): void {
    const { vendor, methods } = this.#options;
    let opened: unknown;
    try {
      opened = open();
    } catch (thrown) {
      return this.#fail(thrown);
    }
    const lacks = isObject(opened) ? missingMethods(opened, methods) : methods;
    if (isObject(opened) && lacks.length === 0) {
      this.#stream = opened as Stream;
      return;
    }
    const what =
      isObject(opened) && !isPromise(opened) ? `an object without ${listed(lacks)}` : described(opened);
    this.#fail(
      vendor.slip(`open() must return a stream at once, with ${listed(methods)}; it returned ${what}.`),
    );
    discard(opened);
  }

  /** Calls a method of the stream, unless it has failed. Never throws. Returns whether the stream is well. */
  call(work: (stream: Stream) => unknown): boolean {
    if (this.#stream && !this.#hasFailed) this.#attempt(this.#stream, work);
    return !this.#hasFailed;
  }

  /** Takes whatever the vendor gives as an event. */
  take(event: unknown): void {
    if (this.#hasFailed || this.#isClosed) return;
    const { vendor, onEvent, problemOf } = this.#options;
    if (!isObject(event)) return this.#fail(vendor.slip(`onEvent() got ${described(event)}, not an event.`));
    if (event.type === 'error') {
      this.#hasFailed = true;
      return onEvent({ type: 'error', error: vendor.errorOf(event.error) });
    }
    const problem = problemOf(event);
    if (problem !== null) return this.#fail(vendor.slip(`onEvent() got a wrong event: ${problem}`));
    onEvent(event as Event);
  }

  /** Closes the stream. Never rejects: what a stream does after its end changes nothing any more. */
  async close(close: (stream: Stream) => unknown): Promise<void> {
    this.#isClosed = true;
    try {
      if (this.#stream) await close(this.#stream);
    } catch {
      // See above.
    }
  }

  #attempt(stream: Stream, work: (stream: Stream) => unknown): void {
    try {
      const result = work(stream);
      // Methods may be async by mistake: an unhandled rejection would end the process.
      if (isPromise(result)) result.then(undefined, (thrown: unknown) => this.#fail(thrown));
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  #fail(thrown: unknown): void {
    if (this.#hasFailed || this.#isClosed) return;
    this.#hasFailed = true;
    const error = this.#options.vendor.errorOf(thrown);
    // The caller may be in the middle of a call of this stream.
    queueMicrotask(() => {
      if (!this.#isClosed) this.#options.onEvent({ type: 'error', error });
    });
  }
}

/** `write`, `flush` and `close`. */
function listed(names: readonly string[]): string {
  return [names.slice(0, -1).join(', '), names.at(-1)].filter((part) => part !== '').join(' and ');
}
