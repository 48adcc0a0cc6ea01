import type { NumberedEvent } from './page-protocol.js';
import type { SessionEvent } from '../../events/session-event.js';

/** Events of about a minute of lively talk; a page that missed more gets the latest. */
const kept = 500;

/** The latest events of a session that its page was sent, so that a page that comes back misses none. */
export class ShownEvents {
  #events: NumberedEvent[] = [];
  #count = 0;

  /** Numbers an event, and keeps it if the page may come back. */
  add(event: SessionEvent, mayComeBack: boolean): NumberedEvent {
    const numbered = { number: ++this.#count, event };
    if (mayComeBack) this.#events.push(numbered);
    if (this.#events.length > 2 * kept) this.#events = this.#events.slice(-kept);
    return numbered;
  }

  /** The events behind this number, as far as they are kept. */
  after(seen: number): readonly NumberedEvent[] {
    return this.#events.filter(({ number }) => number > seen).slice(-kept);
  }
}
