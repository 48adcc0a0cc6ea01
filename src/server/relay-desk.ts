/** What the HTTP routes need of a relay: take calls, look sessions up, listen to events. */
import type { Clock } from '../clock.js';
import type { EventListener } from '../events/event-bus.js';
import type { SessionEndReason, SessionEvent } from '../events/session-event.js';
import type { Session } from '../session/session.js';
import type { Transport, TransportType } from '../transport/transport.js';
import type { AccessPolicy } from './access.js';
import type { IncomingCall, RelayNotice, ResolvedRelayOptions } from './relay-options.js';
import type { SessionSnapshot } from './session-directory.js';

/** A place that is kept for a call which is not there yet. */
export interface Reservation {
  /** Gives the place back: the call has come, or never will. Idempotent. */
  release(): void;
}

export interface RelayDesk {
  readonly access: AccessPolicy;
  readonly options: ResolvedRelayOptions;
  readonly clock: Clock;
  readonly sessions: readonly Session[];
  readonly draining: boolean;
  canTake(transport: TransportType): boolean;
  reserve(transport: TransportType): Reservation | null;
  claim(call: IncomingCall): Promise<Session | null>;
  connect(session: Session, transport: Transport): Promise<void>;
  farewell(callId: string): SessionEndReason | null;
  snapshots(): Promise<readonly SessionSnapshot[]>;
  snapshot(id: string): Promise<SessionSnapshot | null>;
  notify(level: RelayNotice['level'], message: string): void;
  on(subscription: '*', listener: EventListener<SessionEvent>): unknown;
  off(subscription: '*', listener: EventListener<SessionEvent>): unknown;
}
