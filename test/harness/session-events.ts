import type { SessionEvent, SessionEventType } from '#src/events/session-event.js';

export function ofType<T extends SessionEventType>(
  events: readonly SessionEvent[],
  type: T,
): SessionEvent<T>[] {
  return events.filter((event) => event.type === type) as SessionEvent<T>[];
}

/** The words of the caller's turns. */
export function texts(events: readonly SessionEvent[]): string[] {
  return ofType(events, 'transcript.final').map(({ text }) => text);
}
