import { liveCount, type DashboardModel } from '../model/dashboard-model.js';
import type { SessionView } from '../model/session-view.js';
import { selectedSession, stateText, visibleSessions } from '../model/selection.js';
import { clockText, latencyColour, levelBar, levelCell, sparkline, supposedLevels } from './figures.js';
import type { PanelView } from './panel-rows.js';
import { plainText, restyled, span, type Colour, type Row } from './styled-text.js';
import { fitted } from './text-width.js';

/** A column of the list. */
interface ListColumn {
  readonly title: string;
  readonly width: number;
  readonly align?: 'right';
  /** Whether it says which session it is; such a cell is one span. */
  readonly names?: true;
  readonly cell: (session: SessionView, width: number, nowMs: number) => Row;
}

/** From these widths on, levels are bars, and columns stand apart. */
const barsFrom = 88;
const spaciousFrom = 106;
const markerWidth = 2;
/** What a list that is too narrow for everything does without, first things first. */
const dispensable = ['time', 'caller', 'p95'];
const shortestTrend = 4;
const longestTrend = 30;

const activityColours: Readonly<Partial<Record<string, Colour>>> = {
  hearing: 'cyan',
  thinking: 'yellow',
  speaking: 'green',
  paused: 'magenta',
};

/** The list of sessions, scrolled so that the selected one is on it. */
export function sessionsView(model: DashboardModel, width: number, height: number): PanelView {
  const visible = visibleSessions(model);
  const selected = selectedSession(model);
  const live = liveCount(model);
  const room = Math.max(1, height - 1);
  const at = Math.max(0, selected ? visible.indexOf(selected) : 0);
  const first = Math.max(0, Math.min(at - Math.floor(room / 2), visible.length - room));
  const shown = visible.slice(first, first + room);
  const list = columnsFor(width);
  const rows = shown.map((session) =>
    sessionRow(session, list, model.nowMs, session === selected, model.ui.focus === 'sessions'),
  );
  const filter = model.ui.filters.sessions;
  const hidden = visible.length - shown.length;
  return {
    name: 'SESSIONS',
    about: [
      span(`${live} live`, live > 0 ? { colour: 'green' } : {}),
      span(`, ${model.sessions.size - live} ended`, { dim: true }),
      ...(filter === '' ? [] : [span(` /${filter}`, { colour: 'yellow' })]),
      ...(hidden > 0
        ? [span(` ${first + 1}–${first + shown.length} of ${visible.length}`, { dim: true })]
        : []),
    ],
    aside: [span('mouth→ear in ms', { dim: true })],
    rows: rows.length > 0 ? [headRow(list), ...rows] : [[], [span(nothingText(model), { dim: true })]],
  };
}

function nothingText({ sessions, relay }: DashboardModel): string {
  if (sessions.size > 0) return '  No session matches the filter; Esc clears it.';
  if (relay.state === 'starting') return '  The relay is starting.';
  return '  Nobody calls yet. Press t for a simulated phone call, w for one from the web, o for the page.';
}

/** The columns that a list of this width has room for, and the space between two of them. */
function columnsFor(width: number): { readonly columns: readonly ListColumn[]; readonly gap: number } {
  const gap = width >= spaciousFrom ? 2 : 1;
  const meter = width >= barsFrom ? 6 : 1;
  const fixed: ListColumn[] = [
    { title: 'id', width: 8, names: true, cell: ({ id }) => [span(id)] },
    { title: 'via', width: 6, names: true, cell: ({ transport }) => [span(transport)] },
    { title: 'caller', width: gap === 2 ? 16 : 12, names: true, cell: ({ caller }) => [span(caller || '–')] },
    { title: 'state', width: 9, cell: stateCell },
    { title: 'time', width: 5, align: 'right', cell: timeCell },
    { title: 'turn', width: 4, align: 'right', cell: ({ turnCount }) => [span(String(turnCount))] },
    { title: 'last', width: 5, align: 'right', cell: ({ latency }) => figureCell(latency.last) },
    { title: 'p50', width: 5, align: 'right', cell: ({ latency }) => figureCell(latency.p50) },
    { title: 'p95', width: 5, align: 'right', cell: ({ latency }) => figureCell(latency.p95) },
  ];
  const meters: ListColumn[] = [
    {
      title: meter > 1 ? 'caller' : 'c',
      width: meter,
      cell: (session, cells) => meterCell(session, 'caller', cells),
    },
    {
      title: meter > 1 ? 'agent' : 'a',
      width: meter,
      cell: (session, cells) => meterCell(session, 'agent', cells),
    },
  ];
  const widthOf = (columns: readonly ListColumn[]): number =>
    columns.reduce((sum, column) => sum + column.width + gap, markerWidth - gap);
  let columns = [...fixed, ...meters];
  for (const title of dispensable) {
    if (widthOf(columns) <= width) break;
    columns = columns.filter((column) => column.title !== title);
  }
  const trend = Math.min(longestTrend, width - widthOf(columns) - gap);
  if (trend < shortestTrend) return { gap, columns };
  const curve: ListColumn = {
    title: 'trend',
    width: trend,
    cell: ({ mouthToEarMs }, cells) => sparkline(mouthToEarMs, cells),
  };
  return { gap, columns: columns.toSpliced(-meters.length, 0, curve) };
}

type ColumnList = ReturnType<typeof columnsFor>;

function headRow({ columns, gap }: ColumnList): Row {
  const titles = columns.map((column) => fitted(column.title, column.width, column.align));
  return [span(`  ${titles.join(' '.repeat(gap))}`, { dim: true })];
}

function sessionRow(
  session: SessionView,
  { columns, gap }: ColumnList,
  nowMs: number,
  selected: boolean,
  focused: boolean,
): Row {
  const space = span(' '.repeat(gap));
  const marker = span(selected ? '▸ ' : '  ', { bold: true, colour: 'cyan' });
  const cells = columns.map((column) => cellRow(column.cell(session, column.width, nowMs), column));
  const joined = cells.flatMap((cell, index): Row => (index === 0 ? cell : [space, ...cell]));
  const line = session.end ? restyled(joined, { dim: true }) : joined;
  if (!selected) return [marker, ...line];
  // Colours that mean something would mean something else on an inverse ground: only the name of the session gets one.
  const name = 2 * columns.filter(({ names }) => names).length - 1;
  return focused
    ? [
        marker,
        ...restyled(line.slice(0, name), { inverse: true }),
        ...restyled(line.slice(name), { bold: true }),
      ]
    : [marker, ...restyled(line, { bold: true })];
}

/** A cell in exactly its column's width. */
function cellRow(cell: Row, { width, align }: ListColumn): Row {
  const [only, ...more] = cell;
  if (only && more.length === 0) return [{ ...only, text: fitted(only.text, width, align) }];
  return [...cell, span(' '.repeat(Math.max(0, width - Array.from(plainText(cell)).length)))];
}

function stateCell(session: SessionView): Row {
  const text = stateText(session);
  const colour = session.end ? undefined : activityColours[text];
  if (session.errors > 0) return [span(`${text} !`, { colour: 'red' })];
  return [span(text, colour ? { colour } : {})];
}

function timeCell({ startedMs, end }: SessionView, _width: number, nowMs: number): Row {
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
