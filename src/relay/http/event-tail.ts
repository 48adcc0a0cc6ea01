/** The latest events of a relay, for readers that connect late or reconnect. */
import { fleetingEvents, type SessionEvent } from '../../events/session-event.js';

export interface TailedEvent {
  /** Unique among this tail's events. */
  readonly id: string;
  readonly event: SessionEvent;
}

export class EventTail {
  readonly #name: string;
  readonly #capacity: number;
  #events: TailedEvent[] = [];
  #count = 0;

  /** `name`: distinguishes this tail's ids from those of an earlier run. `capacity`: how many events are kept. */
  constructor(name: string, capacity: number) {
    this.#name = name;
    this.#capacity = capacity;
  }

  /** The id of the latest event: a reader that connects now continues after it. */
  get latestId(): string {
    return `${this.#name}-${this.#count}`;
  }

  /** Gives an event its id and keeps it, unless a later event repeats its content. */
  add(event: SessionEvent): TailedEvent {
    this.#count++;
    const tailed = { id: this.latestId, event };
    if (fleetingEvents.has(event.type)) return tailed;
    this.#events.push(tailed);
    // Trim rarely: removing the first event moves all others.
    if (this.#events.length >= 2 * this.#capacity) this.#events = this.#kept();
    return tailed;
  }

  /** The latest `count` events, of one session or of all sessions. */
  last(count: number, sessionId?: string): readonly TailedEvent[] {
    const events = this.#of(sessionId);
    return events.slice(Math.max(0, events.length - count));
  }

  /** The events after this id that are still kept; null for an id of another tail. */
  after(id: string, sessionId?: string): readonly TailedEvent[] | null {
    const number = this.#numberOf(id);
    if (number === null) return null;
    return this.#of(sessionId).filter((tailed) => (this.#numberOf(tailed.id) ?? 0) > number);
  }

  #of(sessionId: string | undefined): readonly TailedEvent[] {
    return this.#kept().filter(({ event }) => sessionId === undefined || event.sessionId === sessionId);
  }

  #kept(): TailedEvent[] {
    return this.#events.slice(-this.#capacity);
  }

  #numberOf(id: string): number | null {
    const prefix = `${this.#name}-`;
    const digits = id.startsWith(prefix) ? id.slice(prefix.length) : '';
    return /^\d{1,15}$/.test(digits) ? Number(digits) : null;
  }
}
