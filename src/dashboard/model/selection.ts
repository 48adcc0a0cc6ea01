/** The sessions, turn and log lines that the user's choices select. */
import type { SessionActivity } from '../../events/session-activity.js';
import { filterOf, matches } from './filter.js';
import { listedSessions, type DashboardModel } from './dashboard-model.js';
import type { SessionView } from './session-view.js';
import type { LogQuery } from './session-log.js';
import type { TurnBar } from '../../call-view/waterfall.js';

/** The sessions that match the filter, in the order of the list. */
export function visibleSessions(model: DashboardModel): readonly SessionView[] {
  const filter = filterOf(model.ui.filters.sessions);
  return listedSessions(model).filter((session) =>
    matches(filter, session.id, session.transport, session.caller, session.activity, stateText(session)),
  );
}

/** The session whose details are shown: the chosen one, else the latest live one, else the latest that ended. */
export function selectedSession(model: DashboardModel): SessionView | null {
  const visible = visibleSessions(model);
  return (
    visible.find(({ id }) => id === model.ui.selectedSession) ??
    visible.findLast(({ end }) => !end) ??
    visible.at(0) ??
    null
  );
}

/** The turn whose latency is shown: the chosen one, else the latest with a figure, else the latest. */
export function selectedTurn(model: DashboardModel): TurnBar | null {
  const turns = selectedSession(model)?.turns ?? [];
  return (
    turns.find(({ turn }) => turn === model.ui.selectedTurn) ??
    turns.findLast(({ totalMs }) => totalMs !== null) ??
    turns.at(-1) ??
    null
  );
}

/** Which log lines are shown. */
export function logQuery(model: DashboardModel): LogQuery {
  const { verbose, filters, logUntil: until, onlySelected } = model.ui;
  const sessionId = onlySelected ? (selectedSession(model)?.id ?? null) : null;
  return { verbose, filter: filterOf(filters.log), sessionId, until };
}

/** What a session is waiting for, in words that fit the list; other activities come from its events. */
const waits: Readonly<Partial<Record<SessionActivity, string>>> = {
  waiting_for_final: 'wait stt',
  waiting_for_model: 'wait llm',
  running_tools: 'wait tool',
  generating: 'writing',
  waiting_for_voice: 'wait tts',
  held: 'held',
};

/** What a session is doing, in a word or two; how it ended, if it has. */
export function stateText({ end, activity, doing }: SessionView): string {
  if (end) return end.reason.replaceAll('_', ' ');
  return doing === null ? activity : (waits[doing] ?? activity);
}
