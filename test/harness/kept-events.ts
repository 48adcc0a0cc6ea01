import type { SessionEvent } from '#src/events/session-event.js';
import type { Session } from '#src/session/session.js';

/** Keeps every event of a session from now on. */
export function eventsOf(session: Session): SessionEvent[] {
  const events: SessionEvent[] = [];
  session.on('*', (event) => events.push(event));
  return events;
}

export function typesOf(events: readonly SessionEvent[]): string[] {
  return events.map(({ type }) => type);
}
