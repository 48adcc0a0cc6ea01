/** Selecting and scrolling with the arrow keys, Page Up and Down, Home and End in each panel. */
import { contentHeight, layoutOf } from '../view/layout.js';
import { withUi, type DashboardModel } from './dashboard-model.js';
import { logQuery, selectedSession, selectedTurn, visibleSessions } from './selection.js';
import { firstLines, lastLines } from './session-log.js';

/** The model after a move by `by` sessions, lines or turns in the focused panel. */
export function moved(model: DashboardModel, by: number): DashboardModel {
  switch (model.ui.focus) {
    case 'sessions':
      return sessionMoved(model, by);
    case 'log':
      return logMoved(model, by);
    case 'latency':
      return otherTurn(model, by);
    case 'transcript':
      return transcriptAt(model, model.ui.transcriptBack - by);
  }
}

function sessionMoved(model: DashboardModel, by: number): DashboardModel {
  const visible = visibleSessions(model);
  const selected = selectedSession(model);
  const at = visible.findIndex(({ id }) => id === selected?.id);
  const next = visible[Math.max(0, Math.min(visible.length - 1, at + by))];
  return next ? withSession(model, next.id) : model;
}

/** Scrolling back holds the log; scrolling to its end makes it follow again. */
function logMoved(model: DashboardModel, by: number): DashboardModel {
  const query = logQuery(model);
  const everything = { ...query, until: null };
  if (by < 0) {
    const page = contentHeight(layoutOf(model), 'log') - 1;
    const lines = lastLines(model.log, query, page - by);
    const last = lines[lines.length - 1 + by];
    // Does not scroll beyond the first line.
    return last && lines.length > page ? withUi(model, { logUntil: last.number }) : model;
  }
  if (query.until === null) return model;
  const later = lastLines(model.log, everything, model.log.latest).filter(
    ({ number }) => number > (query.until ?? 0),
  );
  const last = later[by - 1];
  return withUi(model, { logUntil: last && later.length > by ? last.number : null });
}

/** Sets the scroll offset of the transcript; Ink limits it later, when it has measured the text. */
function transcriptAt(model: DashboardModel, back: number): DashboardModel {
  return withUi(model, { transcriptBack: Math.max(0, Math.min(furthestBack, back)) });
}

/** The model with an earlier or a later turn selected. */
export function otherTurn(model: DashboardModel, by: number): DashboardModel {
  const turns = selectedSession(model)?.turns ?? [];
  const at = turns.findIndex(({ turn }) => turn === selectedTurn(model)?.turn);
  const next = turns[Math.max(0, Math.min(turns.length - 1, at + by))];
  return next ? withUi(model, { selectedTurn: next.turn }) : model;
}

/** The model at the first session, line or turn of the focused panel. */
export function toFirst(model: DashboardModel): DashboardModel {
  switch (model.ui.focus) {
    case 'sessions':
      return sessionMoved(model, -Infinity);
    case 'log': {
      const page = contentHeight(layoutOf(model), 'log') - 1;
      const lines = firstLines(model.log, { ...logQuery(model), until: null }, page + 1);
      // A log that fits its panel need not scroll.
      const last = lines.length > page ? lines[page - 1] : undefined;
      return last ? withUi(model, { logUntil: last.number }) : model;
    }
    case 'latency':
      return otherTurn(model, -Infinity);
    case 'transcript':
      return transcriptAt(model, Infinity);
  }
}

/** The model at the last session, line or turn of the focused panel. */
export function toLast(model: DashboardModel): DashboardModel {
  switch (model.ui.focus) {
    case 'sessions':
      return sessionMoved(model, Infinity);
    case 'log':
      return withUi(model, { logUntil: null });
    case 'latency':
      return withUi(model, { selectedTurn: null });
    case 'transcript':
      return withUi(model, { transcriptBack: 0 });
  }
}

/** The number of lines that Page Up and Page Down move in the focused panel. */
export function pageOf(model: DashboardModel): number {
  return Math.max(1, contentHeight(layoutOf(model), model.ui.focus) - 2);
}

function withSession(model: DashboardModel, sessionId: string): DashboardModel {
  return withUi(model, { selectedSession: sessionId, selectedTurn: null, transcriptBack: 0 });
}

/** More lines than any transcript has. */
const furthestBack = 100_000;
