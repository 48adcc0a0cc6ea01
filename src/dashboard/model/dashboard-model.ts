/**
 * Everything that the dashboard shows, and how it changes: a pure function `(model, input) → model`. Key presses have a
 * function of their own (see `key-press.ts`).
 */
import type { SessionActivity } from '../../events/session-activity.js';
import type { SessionEvent } from '../../events/session-event.js';
import { printable, sysLogLine, type LogTag } from '../../events/sys-log.js';
import { emptyLog, logWith, type SessionLog } from './session-log.js';
import type { RelayFacts } from './relay-facts.js';
import { sessionAfter, sessionView, type LiveLevels, type SessionView } from './session-view.js';
import { initialUi, type DashboardUi, type StatusTone } from './dashboard-ui.js';

export interface DashboardModel {
  readonly relay: RelayFacts;
  /** By id: live sessions in the order of their start, ended ones in the order of their end. */
  readonly sessions: ReadonlyMap<string, SessionView>;
  readonly log: SessionLog;
  readonly ui: DashboardUi;
  /** The time of the latest `time` input, on the dashboard's clock. */
  readonly nowMs: number;
  /** The same time as milliseconds since 1970 (UTC). */
  readonly wallMs: number;
  /** When the dashboard was opened, on its clock; null until the first `time` input. */
  readonly openedMs: number | null;
}

/** A reading of a session: how loud both sides are, and what it is doing. */
export interface SessionReading extends LiveLevels {
  readonly sessionId: string;
  readonly doing: SessionActivity;
}

export type DashboardInput =
  | { readonly type: 'event'; readonly event: SessionEvent }
  /** A line without an event. */
  | { readonly type: 'line'; readonly tag: LogTag; readonly text: string }
  | { readonly type: 'relay'; readonly facts: Partial<RelayFacts> }
  | { readonly type: 'readings'; readonly readings: readonly SessionReading[] }
  | { readonly type: 'resized'; readonly columns: number; readonly rows: number }
  /** A status: the progress or result of an action. One of tone `busy` stays until the next. */
  | { readonly type: 'status'; readonly text: string; readonly tone: StatusTone }
  /** Ink has measured the transcript: `mostBack` is its largest scroll offset, in lines. */
  | { readonly type: 'transcript_measured'; readonly mostBack: number }
  /** A frame has shown the model. */
  | { readonly type: 'drawn' }
  /** The current time; it holds for the inputs that follow. */
  | { readonly type: 'time'; readonly nowMs: number; readonly wallMs: number };

/** How many ended sessions stay on the list. */
export const keptEndedSessions = 20;
const statusMs = 6000;

export function initialModel(
  relay: RelayFacts,
  size: { readonly columns: number; readonly rows: number },
): DashboardModel {
  const ui = initialUi(size);
  return { relay, sessions: new Map(), log: emptyLog, ui, nowMs: 0, wallMs: 0, openedMs: null };
}

/** The model after one more input. */
export function modelAfter(model: DashboardModel, input: DashboardInput): DashboardModel {
  switch (input.type) {
    case 'event':
      return withEvent(model, input.event);
    case 'line': {
      const { tag, text } = input;
      const { wallMs } = model;
      return {
        ...model,
        log: logWith(model.log, {
          tag,
          text: printable(text),
          detail: false,
          sessionId: null,
          atMs: null,
          wallMs,
        }),
      };
    }
    case 'relay':
      return { ...model, relay: { ...model.relay, ...input.facts } };
    case 'readings':
      return withReadings(model, input.readings);
    case 'resized':
      return withUi(model, { columns: input.columns, rows: input.rows });
    case 'status':
      // The action failed: a call that was placed may never begin.
      return withStatus(input.tone === 'bad' ? withUi(model, { placed: [] }) : model, input.text, input.tone);
    case 'transcript_measured':
      return model.ui.transcriptBack > input.mostBack
        ? withUi(model, { transcriptBack: input.mostBack })
        : model;
    case 'drawn':
      return withStatusSeen(model);
    case 'time':
      return atTime(model, input.nowMs, input.wallMs);
  }
}

/** The model with a changed view. */
export function withUi(model: DashboardModel, change: Partial<DashboardUi>): DashboardModel {
  return { ...model, ui: { ...model.ui, ...change } };
}

/** The model with a sentence in the status line. */
export function withStatus(model: DashboardModel, text: string, tone: StatusTone): DashboardModel {
  return withUi(model, { status: { text: printable(text), tone, untilMs: Infinity } });
}

/** The sessions in the order of the list: the live ones by their start, then the ended ones, the latest first. */
export function listedSessions(model: DashboardModel): readonly SessionView[] {
  const all = [...model.sessions.values()];
  return [...all.filter(({ end }) => !end), ...all.filter(({ end }) => end).reverse()];
}

/** The number of live sessions. */
export function liveCount({ sessions }: DashboardModel): number {
  let count = 0;
  for (const { end } of sessions.values()) if (!end) count++;
  return count;
}

function withEvent(model: DashboardModel, event: SessionEvent): DashboardModel {
  const { sessionId, atMs } = event;
  const next = {
    ...model,
    sessions: sessionsAfter(model, event),
    log: logWith(model.log, { ...sysLogLine(event), sessionId, atMs, wallMs: model.wallMs }),
  };
  if (event.type === 'session.start') return selectedIfPlaced(next, event);
  return event.type === 'session.end' ? withoutQuestion(next, sessionId) : next;
}

/** Selects a call that was placed from the dashboard as soon as it begins. */
function selectedIfPlaced(
  model: DashboardModel,
  { transport, sessionId }: SessionEvent<'session.start'>,
): DashboardModel {
  const at = model.ui.placed.indexOf(transport);
  if (at < 0) return model;
  const selected = withUi(model, {
    placed: model.ui.placed.toSpliced(at, 1),
    selectedSession: sessionId,
    selectedTurn: null,
    transcriptBack: 0,
  });
  return withStatus(selected, `Call ${sessionId} is answered.`, 'good');
}

/** Closes the question whether to end a call, if that call has ended. */
function withoutQuestion(model: DashboardModel, sessionId: string): DashboardModel {
  const { prompt } = model.ui;
  if (prompt?.type !== 'end_session' || prompt.sessionId !== sessionId) return model;
  return withStatus(withUi(model, { prompt: null }), `Call ${sessionId} has ended already.`, 'bad');
}

function sessionsAfter(
  { sessions, nowMs, wallMs }: DashboardModel,
  event: SessionEvent,
): ReadonlyMap<string, SessionView> {
  const known = sessions.get(event.sessionId);
  if (event.type === 'session.start')
    return new Map(sessions).set(event.sessionId, sessionView(event, nowMs, wallMs));
  // The dashboard may be opened during a call: without its start, the session is unknown.
  if (!known) return sessions;
  const after = sessionAfter(known, event);
  if (after === known) return sessions;
  const next = new Map(sessions).set(event.sessionId, after);
  if (event.type === 'session.end') {
    // Moves it to the end of the map, so that ended sessions are in the order of their end and the oldest are dropped.
    next.delete(event.sessionId);
    next.set(event.sessionId, after);
    const ended = [...next.values()].filter(({ end }) => end);
    for (const { id } of ended.slice(0, -keptEndedSessions)) next.delete(id);
  }
  return next;
}

/** The same model if no activity and no rounded level has changed, so that nothing is drawn. */
function withReadings(model: DashboardModel, readings: readonly SessionReading[]): DashboardModel {
  const changed = readings.flatMap(({ sessionId, doing, ...reading }) => {
    const session = model.sessions.get(sessionId);
    const levels = {
      callerDbfs: Math.round(reading.callerDbfs),
      agentDbfs: Math.round(reading.agentDbfs),
    };
    if (!session || session.end) return [];
    if (session.doing === doing && isSame(session.levels, levels)) return [];
    return [[sessionId, { ...session, levels, doing }] as const];
  });
  return changed.length === 0 ? model : { ...model, sessions: new Map([...model.sessions, ...changed]) };
}

function isSame(known: LiveLevels | null, levels: LiveLevels): boolean {
  return known?.callerDbfs === levels.callerDbfs && known.agentDbfs === levels.agentDbfs;
}

/** A result stays for its time from the first frame that shows it: on a slow machine that frame may be late. */
function withStatusSeen(model: DashboardModel): DashboardModel {
  const { status } = model.ui;
  if (!status || status.tone === 'busy' || status.untilMs !== Infinity) return model;
  return withUi(model, { status: { ...status, untilMs: model.nowMs + statusMs } });
}

function atTime(model: DashboardModel, nowMs: number, wallMs: number): DashboardModel {
  const { status } = model.ui;
  const ui = status && status.untilMs <= nowMs ? { ...model.ui, status: null } : model.ui;
  return { ...model, nowMs, wallMs, openedMs: model.openedMs ?? nowMs, ui };
}
