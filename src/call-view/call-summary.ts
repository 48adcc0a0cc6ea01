/** A call in the list of calls, as `GET /calls` tells it. */
import type { SessionEndReason } from '../events/session-event.js';
import type { TransportType } from '../transport/transport.js';

export interface CallSummary {
  readonly sessionId: string;
  readonly transport: TransportType;
  readonly from: string | null;
  readonly to: string | null;
  /** Time of day, milliseconds since 1970 (UTC). */
  readonly startedAtMs: number;
  /** Null while the call runs; of a recording that was stopped before its end, up to there. */
  readonly durationMs: number | null;
  /** Null while the call runs, and if its recording was stopped before its end. */
  readonly endReason: SessionEndReason | null;
  /** The turns that have ended, without the greeting. */
  readonly turns: number;
  /** The median mouth→ear; null without a turn that has one. */
  readonly mouthToEarMs: number | null;
  /** Whether its audio can be played. */
  readonly recorded: boolean;
}

const endings: Readonly<Record<SessionEndReason, string>> = {
  hangup: 'the caller hung up',
  completed: 'the agent said goodbye',
  ended: 'the relay’s program ended it',
  idle_timeout: 'silence for too long',
  max_duration: 'it reached its longest duration',
  transport_error: 'the connection failed',
  connection_lost: 'the connection was lost for too long',
  provider_error: 'a provider failed',
  shutdown: 'the relay was shut down',
};
const endingOf: ReadonlyMap<string, string> = new Map(Object.entries(endings));

/** Who called: the caller's number, else the kind of the call. */
export function callerText({ transport, from }: CallSummary): string {
  return from ?? (transport === 'webrtc' ? 'a browser' : 'a phone');
}

/** How the call ended, or that it runs. */
export function endingText({ endReason, durationMs }: CallSummary): string {
  // A recording may be of another version.
  if (endReason !== null) return endingOf.get(endReason) ?? endReason;
  return durationMs === null ? 'running' : 'recorded up to here';
}

/** Minutes and seconds, as `3:07`. */
export function lengthText(durationMs: number): string {
  const seconds = Math.round(durationMs / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** The time of day, with the date if that is not today. */
export function timeText(ms: number): string {
  const date = new Date(ms);
  const time = date.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' });
  return date.toDateString() === new Date().toDateString() ? time : `${date.toLocaleDateString()} ${time}`;
}
