import { liveCount, type DashboardModel } from '../model/dashboard-model.js';
import type { SessionView } from '../model/session-view.js';
import { selectedSession, stateText, visibleSessions } from '../model/selection.js';
import {
  clockText,
  latencyColour,
  levelBar,
  levelCell,
  sparkline,
  supposedLevels,
  timeOfDay,
} from './figures.js';
import type { PanelTitle } from './panel-title.js';
import { restyled, span, type Colour, type Row, type Style } from './span.js';

/** A column of the list. */
export interface ListColumn {
  readonly title: string;
  readonly width: number;
  readonly align?: 'right';
  readonly cell: (session: SessionView, model: DashboardModel, width: number) => Row;
}

export interface SessionList {
  readonly title: PanelTitle;
  readonly columns: readonly ListColumn[];
  /** Cells between two columns. */
  readonly gap: number;
  readonly rows: readonly SessionRow[];
  /** If there are no rows: why, and what to do. */
  readonly nothing: readonly string[];
}

export interface SessionRow {
  readonly id: string;
  readonly selected: boolean;
  /** One for each column. */
  readonly cells: readonly Row[];
}

/** From this width on, levels are bars. */
const barsFrom = 88;
/** From this width on, columns are two cells apart. */
const spaciousFrom = 106;
export const markerWidth = 2;
/** The columns that a narrow list leaves out, in this order. */
const dispensable = ['time', 'began', 'caller', 'p95'];
/** Lower screens have only one line for a hint. */
const roomyFrom = 30;
const shortestTrend = 4;
const longestTrend = 30;

const activityColours: Readonly<Partial<Record<SessionView['activity'], Colour>>> = {
  hearing: 'cyan',
  thinking: 'yellow',
  speaking: 'green',
  paused: 'magenta',
};

/** The list of sessions, scrolled so that the selected one is visible. */
export function sessionList(model: DashboardModel, width: number, height: number): SessionList {
  const visible = visibleSessions(model);
  const selected = selectedSession(model);
  const live = liveCount(model);
  const room = Math.max(1, height - 1);
  const at = Math.max(0, selected ? visible.indexOf(selected) : 0);
  const first = Math.max(0, Math.min(at - Math.floor(room / 2), visible.length - room));
  const shown = visible.slice(first, first + room);
  const { columns, gap, left } = columnsFor(width, model.ui.times);
  const filter = model.ui.filters.sessions;
  return {
    title: {
      about: [
        span(`${live} live`, live > 0 ? { colour: 'green' } : {}),
        span(`, ${model.sessions.size - live} ended`, { dim: true }),
        ...(filter === '' ? [] : [span(` /${filter}`, { colour: 'yellow' })]),
        ...(visible.length > shown.length
          ? [span(` ${first + 1}–${first + shown.length} of ${visible.length}`, { dim: true })]
          : []),
      ],
      aside: [span(left > 0 ? `mouth→ear in ms, … +${left} columns` : 'mouth→ear in ms', { dim: true })],
    },
    columns,
    gap,
    rows: shown.map((session) => ({
      id: session.id,
      selected: session === selected,
      cells: columns.map((column, index) =>
        restyled(
          column.cell(session, model, column.width),
          rowStyle(session, session === selected, index === 0 && model.ui.focus === 'sessions'),
        ),
      ),
    })),
    nothing: shown.length > 0 ? [] : nothingLines(model),
  };
}

/** Only the id is inverted: on an inverse background, the other cells' colours would lose their meaning. */
function rowStyle({ end }: SessionView, selected: boolean, isFocusedId: boolean): Style {
  return {
    ...(end && { dim: true }),
    ...(selected && { bold: true, ...(isFocusedId && { inverse: true }) }),
  };
}

function nothingLines({ sessions, relay, ui }: DashboardModel): readonly string[] {
  if (sessions.size > 0) return ['No session matches the filter; Esc clears it.'];
  if (relay.state === 'starting') return ['The relay is starting.'];
  return ui.rows < roomyFrom
    ? ['No calls yet: press t for a phone call, w for one from the web.']
    : [
        'No calls yet.',
        'Press t for a simulated phone call, w for one from the web, o to talk on the test page.',
      ];
}

/** The columns that fit a list of this width, and the gap between two of them. */
function columnsFor(
  width: number,
  times: 'call' | 'day',
): {
  readonly columns: readonly ListColumn[];
  readonly gap: number;
  /** The number of columns left out. */ readonly left: number;
} {
  const gap = width >= spaciousFrom ? 2 : 1;
  const meter = width >= barsFrom ? 6 : 1;
  const fixed: ListColumn[] = [
    { title: 'id', width: 8, cell: ({ id }) => [span(id)] },
    { title: 'via', width: 6, cell: ({ transport }) => [span(transport)] },
    { title: 'caller', width: gap === 2 ? 16 : 12, cell: ({ caller }) => [span(caller || '–')] },
    { title: 'state', width: 9, cell: stateCell },
    times === 'call'
      ? { title: 'time', width: 5, align: 'right', cell: timeCell }
      : { title: 'began', width: 8, cell: ({ startedWallMs }) => [span(timeOfDay(startedWallMs))] },
    { title: 'turn', width: 4, align: 'right', cell: ({ turnCount }) => [span(String(turnCount))] },
    { title: 'last', width: 5, align: 'right', cell: ({ latency }) => figureCell(latency.last) },
    { title: 'p50', width: 5, align: 'right', cell: ({ latency }) => figureCell(latency.p50) },
    { title: 'p95', width: 5, align: 'right', cell: ({ latency }) => figureCell(latency.p95) },
  ];
  const meters: ListColumn[] = [
    {
      title: meter > 1 ? 'caller' : 'c',
      width: meter,
      cell: (session, _model, cells) => meterCell(session, 'caller', cells),
    },
    {
      title: meter > 1 ? 'agent' : 'a',
      width: meter,
      cell: (session, _model, cells) => meterCell(session, 'agent', cells),
    },
  ];
  const widthOf = (columns: readonly ListColumn[]): number =>
    columns.reduce((sum, column) => sum + column.width + gap, markerWidth - gap);
  let columns = [...fixed, ...meters];
  for (const title of dispensable) {
    if (widthOf(columns) <= width) break;
    columns = columns.filter((column) => column.title !== title);
  }
  const left = fixed.length + meters.length - columns.length;
  const trend = Math.min(longestTrend, width - widthOf(columns) - gap);
  if (trend < shortestTrend) return { gap, columns, left: left + 1 };
  const curve: ListColumn = {
    title: 'trend',
    width: trend,
    cell: ({ mouthToEarMs }, _model, cells) => sparkline(mouthToEarMs, cells),
  };
  return { gap, columns: columns.toSpliced(-meters.length, 0, curve), left };
}

function stateCell(session: SessionView): Row {
  const text = stateText(session);
  const colour = session.end ? undefined : activityColours[session.activity];
  if (session.errors > 0) return [span(`${text} !`, { colour: 'red' })];
  return [span(text, colour ? { colour } : {})];
}

function timeCell({ startedMs, end }: SessionView, { nowMs }: DashboardModel): Row {
  return [span(clockText(end ? end.durationMs : nowMs - startedMs))];
}

function figureCell(ms: number | null): Row {
  return ms === null ? [span('–', { dim: true })] : [span(ms.toFixed(0), { colour: latencyColour(ms) })];
}

function meterCell(session: SessionView, side: 'caller' | 'agent', cells: number): Row {
  if (session.end) return [span(' '.repeat(cells))];
  const { callerDbfs, agentDbfs } = session.levels ?? supposedLevels(session.callerTalks, session.agentTalks);
  const dbfs = side === 'caller' ? callerDbfs : agentDbfs;
  const colour = side === 'caller' ? 'cyan' : 'green';
  return cells === 1 ? [levelCell(dbfs, colour)] : levelBar(dbfs, cells, colour);
}
