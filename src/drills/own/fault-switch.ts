import { ProviderError, type ProviderKind } from '../../core/errors.js';
import type { OwnDrill, OwnFault } from './own-drill.js';

/** Decides which request to a provider meets the fault of a drill, and counts what the session opened and closed. */
export class FaultSwitch {
  readonly fault: OwnFault | null;
  readonly #kind: ProviderKind;
  readonly #always: boolean;
  readonly #onFault: () => void;
  #isArmed = false;
  #hits = 0;
  #open = 0;
  #asked = 0;
  #results = 0;

  /** `drill` is null for a call without a fault. `onFault` is called each time the fault happens. */
  constructor(kind: ProviderKind, drill: OwnDrill | null, onFault: () => void) {
    this.#kind = kind;
    this.fault = drill?.kind === kind ? drill.fault : null;
    this.#always = drill?.always ?? false;
    this.#onFault = onFault;
  }

  /** Requested streams and answers that have not ended. */
  get open(): number {
    return this.#open;
  }

  /** Whether a result was asked for, and none came. */
  get isSilent(): boolean {
    return this.#asked > 0 && this.#results === 0;
  }

  /** Call when the session asks for a result: a recogniser's final. */
  asks(): void {
    this.#asked++;
  }

  /** Call with each result of the provider, an empty one too. */
  answers(): void {
    this.#results++;
  }

  /** From now on requests may meet the fault. */
  arm(): void {
    this.#isArmed = true;
  }

  /** Call when a request begins. Returns its fault, or null if it has none. */
  begin(): OwnFault | null {
    this.#open++;
    if (!this.fault || !this.#isArmed || (this.#hits > 0 && !this.#always)) return null;
    this.#hits++;
    return this.fault;
  }

  /** Opens a stream of a request that has begun; if that throws, the request has ended. */
  opening<S>(open: () => S): S {
    try {
      return open();
    } catch (thrown) {
      this.end();
      throw thrown;
    }
  }

  /** Call when the request has ended. `unused`: its fault, if the request was called off first; the next request gets it. */
  end(unused: OwnFault | null = null): void {
    this.#open--;
    if (unused) this.#hits--;
  }

  /** Call when the fault happens. Returns the provider's error; null if the provider falls silent instead. */
  strike({ category, retryAfterMs }: OwnFault, provider: string): ProviderError | null {
    this.#onFault();
    if (category === null) return null;
    return new ProviderError(`${provider} failed (${category}), as the drill demands.`, {
      kind: this.#kind,
      provider,
      category,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    });
  }
}
