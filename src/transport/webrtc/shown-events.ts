import type { SessionEvent } from '../../events/session-event.js';

/** Events of about a minute of lively talk; a page that missed more gets the latest. */
const kept = 500;

/** The latest events of a session that its page was sent, so that a page that comes back misses none. */
export class ShownEvents {
  #events: SessionEvent[] = [];
  #count = 0;

  add(event: SessionEvent): void {
    this.#count++;
    this.#events.push(event);
    if (this.#events.length > 2 * kept) this.#events = this.#events.slice(-kept);
  }

  /** The events behind the first `seen`, as far as they are kept. */
  after(seen: number): readonly SessionEvent[] {
    const missed = Math.max(0, this.#count - seen);
    return missed === 0 ? [] : this.#events.slice(-Math.min(missed, this.#events.length));
  }
}
