import type { Session } from '../session/session.js';
import type { IncomingCall } from './relay-options.js';
import type { SessionSnapshot } from './session-directory.js';

/** A session as others see it now. */
export function snapshot(session: Session, { callId, from, to }: IncomingCall): SessionSnapshot {
  return {
    sessionId: session.id,
    callId: callId ?? null,
    from: from ?? null,
    to: to ?? null,
    metrics: session.getMetrics(),
  };
}
