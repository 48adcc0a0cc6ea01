/**
 * Everything that the dashboard shows, and how it changes: a pure function `(model, input) → model`. It is fed by events
 * only; what a person does with the keys is one kind of input (see `key-press.ts`).
 */
import type { SessionEvent } from '../../events/session-event.js';
import { printable, sysLogLine, type LogTag } from '../../events/sys-log.js';
import { emptyLog, logWith, type SessionLog } from './session-log.js';
import type { RelayFacts } from './relay-facts.js';
import { sessionAfter, sessionView, type LiveLevels, type SessionView } from './session-view.js';
import { initialUi, type DashboardUi, type StatusTone } from './dashboard-ui.js';

export interface DashboardModel {
  readonly relay: RelayFacts;
  /** By id, in the order of their start. */
  readonly sessions: ReadonlyMap<string, SessionView>;
  readonly log: SessionLog;
  readonly ui: DashboardUi;
  /** The latest time that was told, on the dashboard's clock. */
  readonly nowMs: number;
}

/** A reading of both sides of a session. */
export interface LevelReading extends LiveLevels {
  readonly sessionId: string;
}

export type DashboardInput =
  | { readonly type: 'event'; readonly event: SessionEvent }
  /** A line that belongs to no event. */
  | { readonly type: 'line'; readonly tag: LogTag; readonly text: string }
  | { readonly type: 'relay'; readonly facts: Partial<RelayFacts> }
  | { readonly type: 'levels'; readonly readings: readonly LevelReading[] }
  | { readonly type: 'resized'; readonly columns: number; readonly rows: number }
  /** What became of an action. A status of tone `busy` stays until the next one. */
  | { readonly type: 'status'; readonly text: string; readonly tone: StatusTone }
  /** What follows happens at this time. */
  | { readonly type: 'time'; readonly nowMs: number };

/** Ended sessions that stay on the list; older ones make room. */
export const keptEndedSessions = 20;
const statusMs = 6000;

export function initialModel(
  relay: RelayFacts,
  size: { readonly columns: number; readonly rows: number },
): DashboardModel {
  return { relay, sessions: new Map(), log: emptyLog, ui: initialUi(size), nowMs: 0 };
}

/** The model after one more input. */
export function modelAfter(model: DashboardModel, input: DashboardInput): DashboardModel {
  switch (input.type) {
    case 'event':
      return {
        ...model,
        sessions: sessionsAfter(model.sessions, input.event, model.nowMs),
        log: logWith(model.log, sysLogLine(input.event), input.event.sessionId),
      };
    case 'line':
      return {
        ...model,
        log: logWith(model.log, { tag: input.tag, text: printable(input.text), detail: false }, null),
      };
    case 'relay':
      return { ...model, relay: { ...model.relay, ...input.facts } };
    case 'levels':
      return { ...model, sessions: withLevels(model.sessions, input.readings) };
    case 'resized':
      return { ...model, ui: { ...model.ui, columns: input.columns, rows: input.rows } };
    case 'status':
      return {
        ...model,
        ui: {
          ...model.ui,
          status: {
            text: printable(input.text),
            tone: input.tone,
            untilMs: input.tone === 'busy' ? Infinity : model.nowMs + statusMs,
          },
        },
      };
    case 'time':
      return atTime(model, input.nowMs);
  }
}

/** The sessions as they are listed: the living in the order of their start, then the ended, the latest first. */
export function listedSessions(model: DashboardModel): readonly SessionView[] {
  const all = [...model.sessions.values()];
  return [...all.filter(({ end }) => !end), ...all.filter(({ end }) => end).reverse()];
}

/** How many sessions live. */
export function liveCount({ sessions }: DashboardModel): number {
  let count = 0;
  for (const { end } of sessions.values()) if (!end) count++;
  return count;
}

function sessionsAfter(
  sessions: ReadonlyMap<string, SessionView>,
  event: SessionEvent,
  nowMs: number,
): ReadonlyMap<string, SessionView> {
  const known = sessions.get(event.sessionId);
  if (event.type === 'session.start')
    return new Map(sessions).set(event.sessionId, sessionView(event, nowMs));
  // A dashboard may be opened in the middle of a call: without its start nothing is known of it.
  if (!known) return sessions;
  const after = sessionAfter(known, event);
  if (after === known) return sessions;
  const next = new Map(sessions).set(event.sessionId, after);
  if (event.type === 'session.end') {
    // Ended sessions are forgotten in the order of their end, which is the order of the map.
    next.delete(event.sessionId);
    next.set(event.sessionId, after);
    const ended = [...next.values()].filter(({ end }) => end);
    for (const { id } of ended.slice(0, -keptEndedSessions)) next.delete(id);
  }
  return next;
}

function withLevels(
  sessions: ReadonlyMap<string, SessionView>,
  readings: readonly LevelReading[],
): ReadonlyMap<string, SessionView> {
  const next = new Map(sessions);
  for (const { sessionId, callerDbfs, agentDbfs } of readings) {
    const session = next.get(sessionId);
    if (session && !session.end) next.set(sessionId, { ...session, levels: { callerDbfs, agentDbfs } });
  }
  return next;
}

function atTime(model: DashboardModel, nowMs: number): DashboardModel {
  const { status } = model.ui;
  const ui = status && status.untilMs <= nowMs ? { ...model.ui, status: null } : model.ui;
  return { ...model, nowMs, ui };
}
