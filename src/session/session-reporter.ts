import { messageOf, ProviderError } from '../core/errors.js';
import { EventBus, type EventListener, type Subscribed, type Subscription } from '../events/event-bus.js';
import type { ProviderIncident } from '../events/provider-incident.js';
import type { ProviderNotice } from '../events/provider-notice.js';
import type { SessionEvent } from '../events/session-event.js';
import type { EventDraft } from './turn-taking/session-state.js';

export interface SessionReporterOptions {
  readonly sessionId: string;
  /** Milliseconds since `session.start`. */
  readonly nowMs: () => number;
  /** Wall-clock time, milliseconds since 1970 (UTC). */
  readonly wallMs: () => number;
  /** The turn of events that do not belong to a specific turn. */
  readonly turn: () => number;
  /** Gets every event before the listeners. */
  readonly onEvent: (event: SessionEvent) => void;
}

/** Emits a session's events: adds session and time, counts warnings, reports listeners that throw. */
export class SessionReporter {
  readonly #options: SessionReporterOptions;
  readonly #bus = new EventBus((thrown, event) => this.#listenerFailed(thrown, event));
  readonly #warnings = new Map<string, number>();

  constructor(options: SessionReporterOptions) {
    this.#options = options;
  }

  /** How often each warning was emitted, by code. */
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
    const { sessionId, nowMs, wallMs, onEvent } = this.#options;
    const event: SessionEvent = { sessionId, atMs: toMicroseconds(nowMs()), timeMs: wallMs(), ...draft };
    if (event.type === 'warning') this.#warnings.set(event.code, (this.#warnings.get(event.code) ?? 0) + 1);
    onEvent(event);
    this.#bus.emit(event);
  }

  warn(code: string, message: string): void {
    this.emit({ type: 'warning', turn: this.#options.turn(), code, message });
  }

  /** Emits a warning with this code for each notice. */
  notices(code: string, notices: readonly ProviderNotice[]): void {
    for (const { message, remedy } of notices) this.warn(code, `${message} ${remedy}`);
  }

  /** Emits an `error` event, with the provider if the error is a ProviderError. */
  error(error: ProviderError | Pick<Error, 'message'>): void {
    const { message } = error;
    const turn = this.#options.turn();
    if (!(error instanceof ProviderError)) return this.emit({ type: 'error', turn, message });
    const { kind, provider, category, requestId } = error;
    const request = requestId !== undefined && { requestId };
    this.emit({ type: 'error', turn, message, kind, provider, category, ...request });
  }

  /**
   * Emits a provider's incident as an event. One function serves the whole call: supervisors use its identity to tell
   * sessions apart.
   */
  readonly incident = (incident: ProviderIncident): void => {
    const turn = this.#options.turn();
    switch (incident.type) {
      case 'error':
        return this.error(incident.error);
      case 'warning':
        return this.warn(incident.code, incident.message);
      case 'request': {
        const { kind, provider, requestId } = incident;
        return this.emit({ type: 'provider.request', turn, kind, provider, requestId });
      }
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
  };

  /** Removes all listeners after the events emitted so far are delivered. */
  clear(): void {
    this.#bus.clear();
  }

  #listenerFailed(thrown: unknown, event: SessionEvent): void {
    // A warning about a throwing warning listener would make it throw again, in an endless loop.
    if (event.type === 'warning') return;
    this.warn('listener_failed', `A listener of ${event.type} failed: ${messageOf(thrown)}`);
  }
}

/** Milliseconds rounded to three decimals, the precision of the clock. */
export function toMicroseconds(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
