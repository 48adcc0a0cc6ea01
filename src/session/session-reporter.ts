import { messageOf, ProviderError } from '../errors.js';
import { EventBus, type EventListener, type Subscribed, type Subscription } from '../events/event-bus.js';
import type { ProviderIncident } from '../events/provider-incident.js';
import type { SessionEvent } from '../events/session-event.js';
import type { EventDraft } from './session-state.js';

export interface SessionReporterOptions {
  readonly sessionId: string;
  /** The session's time. */
  readonly nowMs: () => number;
  /** The turn that events without one of their own belong to. */
  readonly turn: () => number;
  /** Hears every event before the listeners do. */
  readonly onEvent: (event: SessionEvent) => void;
}

/** What a session tells: gives events their session and time, counts warnings, and survives its listeners. */
export class SessionReporter {
  readonly #options: SessionReporterOptions;
  readonly #bus = new EventBus((thrown, event) => this.#listenerFailed(thrown, event));
  readonly #warnings = new Map<string, number>();

  constructor(options: SessionReporterOptions) {
    this.#options = options;
  }

  /** How often each warning came. */
  get warnings(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#warnings);
  }

  on<S extends Subscription>(subscription: S, listener: EventListener<Subscribed<S>>): void {
    this.#bus.on(subscription, listener);
  }

  off<S extends Subscription>(subscription: S, listener: EventListener<Subscribed<S>>): void {
    this.#bus.off(subscription, listener);
  }

  once<S extends Subscription>(subscription: S, listener: EventListener<Subscribed<S>>): void {
    const once: EventListener<Subscribed<S>> = (event) => {
      this.#bus.off(subscription, once);
      return listener(event);
    };
    this.#bus.on(subscription, once);
  }

  emit(draft: EventDraft): void {
    const { sessionId, nowMs, onEvent } = this.#options;
    const event: SessionEvent = { sessionId, atMs: toMicroseconds(nowMs()), ...draft };
    if (event.type === 'warning') this.#warnings.set(event.code, (this.#warnings.get(event.code) ?? 0) + 1);
    onEvent(event);
    this.#bus.emit(event);
  }

  warn(code: string, message: string): void {
    this.emit({ type: 'warning', turn: this.#options.turn(), code, message });
  }

  /** A failure, of a provider where it was one. */
  error(error: ProviderError | Pick<Error, 'message'>): void {
    const { message } = error;
    const turn = this.#options.turn();
    if (!(error instanceof ProviderError)) return this.emit({ type: 'error', turn, message });
    const { kind, provider, category } = error;
    this.emit({ type: 'error', turn, message, kind, provider, category });
  }

  /** What a provider's supervisor has to say. */
  incident(incident: ProviderIncident): void {
    const turn = this.#options.turn();
    switch (incident.type) {
      case 'error':
        return this.error(incident.error);
      case 'warning':
        return this.warn(incident.code, incident.message);
      case 'reconnect': {
        const { kind, provider, attempt } = incident;
        return this.emit({ type: 'provider.reconnect', turn, kind, provider, attempt });
      }
      case 'failover': {
        const { kind, from, to, cause } = incident;
        return this.emit({ type: 'provider.failover', turn, kind, from, to, cause });
      }
      case 'recovered': {
        const { kind, provider } = incident;
        return this.emit({ type: 'provider.recovered', turn, kind, provider });
      }
    }
  }

  /** Forgets all listeners once what was emitted so far is delivered. */
  clear(): void {
    this.#bus.clear();
  }

  #listenerFailed(thrown: unknown, event: SessionEvent): void {
    // A listener of warnings that throws must not be told of its own throw for ever.
    if (event.type === 'warning') return;
    this.warn('listener_failed', `A listener of ${event.type} failed: ${messageOf(thrown)}`);
  }
}

/** Milliseconds with three decimals: what a log can use, and no more digits than the clock has. */
export function toMicroseconds(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
