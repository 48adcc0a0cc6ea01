import type { LogTag } from '../../events/sys-log.js';
import { formatLogLine } from '../../events/sys-log.js';
import type { DashboardModel } from '../model/dashboard-model.js';
import { logQuery } from '../model/selection.js';
import { lastLines, linesSince, type LogEntry } from '../model/session-log.js';
import { callTime, timeOfDay } from './figures.js';
import type { PanelTitle } from './panel-title.js';
import { span, type Row, type Span, type Style } from './span.js';

const tagStyles: Readonly<Record<LogTag, Style>> = {
  INFO: { colour: 'cyan' },
  EVT: {},
  OK: { colour: 'green' },
  WARN: { colour: 'yellow' },
  ERR: { colour: 'red', bold: true },
};
/** Narrower logs have no room for the session of each line. */
const namesSessionsFrom = 70;
const timeWidth = 8;

export interface LogView {
  readonly title: PanelTitle;
  readonly lines: readonly LogLineView[];
  /** Whether the log follows; a cursor then marks the place of the next line. */
  readonly follows: boolean;
}

export interface LogLineView {
  readonly number: number;
  readonly line: Row;
  /** The line's session, if it is shown. */
  readonly session: string | null;
}

/** The last lines of the SYS_LOG. */
export function logView(model: DashboardModel, width: number, height: number): LogView {
  const query = logQuery(model);
  const follows = query.until === null;
  const lines = lastLines(model.log, query, Math.max(1, height - 1));
  const namesSessions = width >= namesSessionsFrom && model.sessions.size > 1 && query.sessionId === null;
  const filter = model.ui.filters.log;
  return {
    title: {
      about: [
        followSpan(follows ? null : linesSince(model.log, query)),
        ...(query.sessionId === null ? [] : [span(` only ${query.sessionId}`, { colour: 'yellow' })]),
        ...(model.ui.verbose ? [span(' verbose', { dim: true })] : []),
        ...(filter === '' ? [] : [span(` /${filter}`, { colour: 'yellow' })]),
      ],
      aside: [span(model.ui.times === 'call' ? 'call time' : 'time of day', { dim: true })],
    },
    lines: lines.map((entry) => ({
      number: entry.number,
      line: logLine(entry, model.ui.times),
      session: namesSessions ? entry.sessionId : null,
    })),
    follows,
  };
}

/** `newLines`: the number of lines since the log was held; null while it follows. */
function followSpan(newLines: number | null): Span {
  return newLines === null
    ? span('following', { bold: true, colour: 'green' })
    : span(`held +${newLines}`, { bold: true, colour: 'yellow' });
}

function logLine(entry: LogEntry, times: 'call' | 'day'): Row {
  const text = formatLogLine(entry);
  const tagWidth = entry.tag.length;
  const time = times === 'day' ? timeOfDay(entry.wallMs) : entry.atMs === null ? '' : callTime(entry.atMs);
  return [
    span(`${time.padStart(timeWidth)}  `, { dim: true }),
    span(text.slice(0, tagWidth), tagStyles[entry.tag]),
    span(text.slice(tagWidth), entry.detail ? { dim: true } : {}),
  ];
}
