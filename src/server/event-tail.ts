/** The latest events of a relay, for whoever comes late or comes back. */
import type { SessionEvent, SessionEventType } from '../events/session-event.js';

/** What comes many times a second and is told again, whole, a moment later. */
const fleeting = new Set<SessionEventType>(['transcript.partial', 'llm.token']);

export interface TailedEvent {
  /** Names this event among all that this tail has seen. */
  readonly id: string;
  readonly event: SessionEvent;
}

export class EventTail {
  readonly #name: string;
  readonly #capacity: number;
  #events: TailedEvent[] = [];
  #count = 0;

  /** `name`: tells this tail's events from those of an earlier run. `capacity`: how many events are kept. */
  constructor(name: string, capacity: number) {
    this.#name = name;
    this.#capacity = capacity;
  }

  /** Where a reader that begins now goes on. */
  get latestId(): string {
    return `${this.#name}-${this.#count}`;
  }

  /** Takes an event, and keeps it if it is none of those that are told again. */
  add(event: SessionEvent): TailedEvent {
    this.#count++;
    const tailed = { id: this.latestId, event };
    if (fleeting.has(event.type)) return tailed;
    this.#events.push(tailed);
    // Not with every event: to remove the first moves all others.
    if (this.#events.length >= 2 * this.#capacity) this.#events = this.#kept();
    return tailed;
  }

  /** The latest `count` events, of one session or of all. */
  last(count: number, sessionId?: string): readonly TailedEvent[] {
    const events = this.#of(sessionId);
    return events.slice(Math.max(0, events.length - count));
  }

  /** The events that came after the one of this id, as far as they are kept; null for an id of another tail. */
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
