import type { SessionEvent } from '../../events/session-event.js';

type ErrorEvent = Extract<SessionEvent, { readonly type: 'error' }>;

/** The `error` events that no reconnect or failover of a provider of the same kind followed. */
export function unrecoveredFailures(events: readonly SessionEvent[]): readonly ErrorEvent[] {
  const failures: ErrorEvent[] = [];
  for (const event of events) {
    if (event.type === 'error') failures.push(event);
    if (event.type !== 'provider.reconnect' && event.type !== 'provider.failover') continue;
    const index = failures.findLastIndex(({ kind }) => kind === event.kind);
    if (index >= 0) failures.splice(index, 1);
  }
  return failures;
}
