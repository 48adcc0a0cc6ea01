/** What the HTTP routes need from a relay: taking calls, finding sessions, listening to events. */
import type { Clock } from '../core/clock.js';
import type { EventListener } from '../events/event-bus.js';
import type { SessionEndReason, SessionEvent } from '../events/session-event.js';
import type { Session } from '../session/session.js';
import type { SessionTrace } from '../session/trace/session-trace.js';
import type { Transport, TransportType } from '../transport/transport.js';
import type { AccessPolicy } from './http/access.js';
import type { CallHistory } from './call-history.js';
import type { RefusalLog } from './http/refusal-log.js';
import type { Reservation } from './reserved-places.js';
import type { IncomingCall, RelayNotice, ResolvedRelayOptions } from './relay-options.js';
import type { SessionSnapshot } from './session-directory.js';

export interface RelayContext {
  readonly access: AccessPolicy;
  readonly options: ResolvedRelayOptions;
  readonly clock: Clock;
  readonly refusals: RefusalLog;
  readonly history: CallHistory;
  readonly sessions: readonly Session[];
  readonly draining: boolean;
  canTake(transport: TransportType): boolean;
  reserve(transport: TransportType): Reservation | null;
  claim(call: IncomingCall): Promise<Session | null>;
  connect(session: Session, transport: Transport): Promise<void>;
  outcomeOf(callId: string): SessionEndReason | null;
  snapshots(): Promise<readonly SessionSnapshot[]>;
  snapshot(id: string): Promise<SessionSnapshot | null>;
  trace(id: string): Promise<SessionTrace | null>;
  visitorToken(options?: { readonly validForMs?: number }): string;
  notify(level: RelayNotice['level'], message: string): void;
  on(subscription: '*', listener: EventListener<SessionEvent>): unknown;
  off(subscription: '*', listener: EventListener<SessionEvent>): unknown;
}
