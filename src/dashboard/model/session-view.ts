/** One session as the dashboard shows it: a pure function of its events. */
import type { SessionActivity } from '../../events/session-activity.js';
import type { SessionEndReason, SessionEvent } from '../../events/session-event.js';
import { printable } from '../../events/sys-log.js';
import { summarise, type LatencySummary } from '../../metrics/percentile.js';
import type { TransportType } from '../../transport/registry.js';
import { activityAfter, type Activity } from '../../call-view/activity.js';
import { transcriptAfter, type Transcript } from '../../call-view/transcript.js';
import { turnsAfter, type TurnBar } from '../../call-view/waterfall.js';
import type { StageProviders } from './relay-facts.js';

/** How loud both sides are now, in dBFS; -100 is silence. */
export interface LiveLevels {
  readonly callerDbfs: number;
  readonly agentDbfs: number;
}

export interface SessionView {
  readonly id: string;
  readonly transport: TransportType;
  /** The caller's number, or the call's id if there is none. */
  readonly caller: string;
  readonly providers: StageProviders;
  readonly activity: Activity;
  /** The activity in more detail; null until a reading, and after an event that changed `activity`. */
  readonly doing: SessionActivity | null;
  readonly callerTalks: boolean;
  readonly agentTalks: boolean;
  /** Null until the first reading. */
  readonly levels: LiveLevels | null;
  /** The number of ended turns, without the greeting. */
  readonly turnCount: number;
  /** Mouth→ear latencies of the latest turns in milliseconds, the latest last. */
  readonly mouthToEarMs: readonly number[];
  readonly latency: LatencySummary;
  /** The latest turns, with the parts of their latency. */
  readonly turns: readonly TurnBar[];
  readonly transcript: Transcript;
  readonly warnings: number;
  readonly errors: number;
  /** On the dashboard's clock. */
  readonly startedMs: number;
  /** The same time as milliseconds since 1970 (UTC). */
  readonly startedWallMs: number;
  /** Null while it is live. */
  readonly end: { readonly reason: SessionEndReason; readonly durationMs: number } | null;
}

/** The number of turns that the percentiles cover. */
const keptFigures = 500;

/** The session that begins with this event; `nowMs` is on the dashboard's clock, `wallMs` the same time since 1970 (UTC). */
export function sessionView(
  event: SessionEvent<'session.start'>,
  nowMs: number,
  wallMs: number,
): SessionView {
  return {
    id: event.sessionId,
    transport: event.transport,
    caller: printable(event.from ?? event.callId ?? ''),
    providers: event.providers,
    activity: 'listening',
    doing: null,
    callerTalks: false,
    agentTalks: false,
    levels: null,
    turnCount: 0,
    mouthToEarMs: [],
    latency: summarise([]),
    turns: [],
    transcript: [],
    warnings: 0,
    errors: 0,
    startedMs: nowMs - event.atMs,
    startedWallMs: wallMs - event.atMs,
    end: null,
  };
}

/** The session after one more of its events. */
export function sessionAfter(session: SessionView, event: SessionEvent): SessionView {
  const transcript = transcriptAfter(session.transcript, event);
  const activity = activityAfter(session.activity, event);
  const next =
    transcript === session.transcript && activity === session.activity
      ? session
      : { ...session, transcript, activity, doing: activity === session.activity ? session.doing : null };
  switch (event.type) {
    case 'speech.start':
      return { ...next, callerTalks: true };
    case 'speech.end':
      return { ...next, callerTalks: false };
    case 'tts.audio_start':
    case 'agent.resumed':
      return { ...next, agentTalks: true };
    case 'tts.audio_end':
    case 'agent.paused':
      return { ...next, agentTalks: false };
    case 'turn.end':
      return turnEnded(next, event);
    case 'provider.failover':
      return {
        ...next,
        warnings: next.warnings + 1,
        providers: { ...next.providers, [event.kind]: event.to },
      };
    case 'session.updated':
      return { ...next, providers: event.providers };
    case 'provider.reconnect':
    case 'warning':
      return { ...next, warnings: next.warnings + 1 };
    case 'error':
      return { ...next, errors: next.errors + 1 };
    case 'session.end':
      return {
        ...next,
        callerTalks: false,
        agentTalks: false,
        levels: null,
        end: { reason: event.reason, durationMs: event.durationMs },
      };
    default:
      return next;
  }
}

function turnEnded(session: SessionView, event: SessionEvent<'turn.end'>): SessionView {
  const figure = event.latency.mouth_to_ear_ms;
  const mouthToEarMs =
    figure === null ? session.mouthToEarMs : [...session.mouthToEarMs, figure].slice(-keptFigures);
  return {
    ...session,
    turnCount: session.turnCount + (event.turn === 0 ? 0 : 1),
    mouthToEarMs,
    latency: figure === null ? session.latency : summarise(mouthToEarMs),
    turns: turnsAfter(session.turns, event),
  };
}
