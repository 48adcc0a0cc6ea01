import type { LogTag } from '../../events/sys-log.js';
import { formatLogLine } from '../../events/sys-log.js';
import type { DashboardModel } from '../model/dashboard-model.js';
import { logQuery } from '../model/selection.js';
import { lastLines, linesSince, type LogEntry } from '../model/session-log.js';
import type { PanelView } from './panel-rows.js';
import { span, spreadRow, type Row, type Span, type Style } from './styled-text.js';

const tagStyles: Readonly<Record<LogTag, Style>> = {
  INFO: { colour: 'cyan' },
  EVT: {},
  OK: { colour: 'green' },
  WARN: { colour: 'yellow' },
  ERR: { colour: 'red', bold: true },
};
/** Narrower logs have no room to say which session a line belongs to. */
const namesSessionsFrom = 70;

/** The SYS_LOG: its last lines and a cursor where the next one will stand. */
export function logView(model: DashboardModel, width: number, height: number): PanelView {
  const query = logQuery(model);
  const lines = lastLines(model.log, query, Math.max(1, height - 1));
  const namesSessions = width >= namesSessionsFrom && model.sessions.size > 1;
  const rows = lines.map((entry) => logRow(entry, width, namesSessions));
  const filter = model.ui.filters.log;
  return {
    name: 'SYS_LOG',
    about: [
      stateSpan(query.until === null ? null : linesSince(model.log, query)),
      ...(model.ui.verbose ? [span(' verbose', { dim: true })] : []),
      ...(filter === '' ? [] : [span(` /${filter}`, { colour: 'yellow' })]),
    ],
    aside: [],
    rows: query.until === null ? [...rows, [span('_', { bold: true })]] : rows,
  };
}

/** `newLines`: those since the log was held still; null while it follows. */
function stateSpan(newLines: number | null): Span {
  return newLines === null
    ? span('LIVE', { bold: true, colour: 'green' })
    : span(`PAUSED +${newLines}`, { bold: true, colour: 'yellow' });
}

function logRow(entry: LogEntry, width: number, namesSession: boolean): Row {
  const text = formatLogLine(entry);
  const tagWidth = entry.tag.length;
  const line: Row = [
    span(text.slice(0, tagWidth), tagStyles[entry.tag]),
    span(text.slice(tagWidth), entry.detail ? { dim: true } : {}),
  ];
  const session = namesSession && entry.sessionId ? [span(entry.sessionId, { dim: true })] : [];
  return spreadRow(line, session, width);
}
