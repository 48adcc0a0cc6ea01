import {
  eventAliases,
  type SessionEvent,
  type SessionEventAlias,
  type SessionEventType,
} from './session-event.js';

/** What a listener can subscribe to: an event type, one of its aliases, or `*` for every event. */
export type Subscription = SessionEventType | SessionEventAlias | '*';

/** The event that a subscription delivers. */
export type Subscribed<S extends Subscription> = S extends SessionEventType
  ? SessionEvent<S>
  : S extends SessionEventAlias
    ? SessionEvent<(typeof eventAliases)[S]>
    : SessionEvent;

/** A listener may be asynchronous. The session does not wait for it and treats its rejection like a throw. */
export type EventListener<E> = (event: E) => unknown;

type AnyListener = EventListener<SessionEvent>;

/** Delivers session events in order, synchronously. A throwing listener does not affect the session or others. */
export class EventBus {
  readonly #listeners = new Map<SessionEventType | '*', Set<AnyListener>>();
  readonly #steps: (() => void)[] = [];
  #performing = false;
  readonly #onListenerError: (thrown: unknown, event: SessionEvent) => void;

  /** `onListenerError` is called for every listener that throws or rejects. It must not throw. */
  constructor(onListenerError: (thrown: unknown, event: SessionEvent) => void) {
    this.#onListenerError = onListenerError;
  }

  on<S extends Subscription>(subscription: S, listener: EventListener<Subscribed<S>>): void {
    const key = canonical(subscription);
    const listeners = this.#listeners.get(key) ?? new Set();
    listeners.add(listener as AnyListener);
    this.#listeners.set(key, listeners);
  }

  off<S extends Subscription>(subscription: S, listener: EventListener<Subscribed<S>>): void {
    this.#listeners.get(canonical(subscription))?.delete(listener as AnyListener);
  }

  /** Delivers an event. An event that a listener emits is queued until all listeners have received the current one. */
  emit(event: SessionEvent): void {
    this.#perform(() => {
      this.#deliver(this.#listeners.get(event.type), event);
      this.#deliver(this.#listeners.get('*'), event);
    });
  }

  /** Removes all listeners after the events emitted so far are delivered. */
  clear(): void {
    this.#perform(() => this.#listeners.clear());
  }

  #perform(step: () => void): void {
    this.#steps.push(step);
    if (this.#performing) return;
    this.#performing = true;
    for (let next = this.#steps.shift(); next; next = this.#steps.shift()) next();
    this.#performing = false;
  }

  #deliver(listeners: ReadonlySet<AnyListener> | undefined, event: SessionEvent): void {
    if (!listeners) return;
    for (const listener of [...listeners]) {
      try {
        const result = listener(event);
        if (result instanceof Promise)
          result.catch((thrown: unknown) => this.#onListenerError(thrown, event));
      } catch (thrown) {
        this.#onListenerError(thrown, event);
      }
    }
  }
}

function canonical(subscription: Subscription): SessionEventType | '*' {
  return subscription in eventAliases
    ? eventAliases[subscription as SessionEventAlias]
    : (subscription as SessionEventType | '*');
}
