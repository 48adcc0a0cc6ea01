/** Compares two calls with the same recordings side by side: their events and the latency of each answer. */
import type { SessionEvent } from '../../events/session-event.js';
import { printable } from '../../events/sys-log.js';
import { compareRuns } from '../../replay/golden.js';
import { lanesOf, laneRows, type LaneRow } from '../../replay/lanes.js';
import { columnGap, textTable, widest } from '../text-table.js';
import { mouthToEarText } from './turn-table.js';

/** One of the two calls. */
export interface ParityRun {
  /** The title of its column. */
  readonly name: string;
  readonly events: readonly SessionEvent[];
}

export interface ParityTable {
  /** Whether the lanes of both calls are equal. Latencies are not compared. */
  readonly equal: boolean;
  readonly lines: readonly string[];
}

interface Row {
  readonly lane: string;
  readonly first: string;
  readonly second: string;
  readonly differs: boolean;
}

const mark = '≠ ';
const noMark = '  ';
const longestText = 48;
const shortestText = 12;

/** The table as lines that fit into `columns`; rows that differ begin with `≠`. */
export function parityTable(first: ParityRun, second: ParityRun, columns = Infinity): ParityTable {
  const { rows, equal } = laneTable(first, second);
  const header: Row = { lane: 'lane', first: first.name, second: second.name, differs: false };
  const body = [...rows, ...latencyRows(first, second)];
  const all = [header, ...body];
  const laneWidth = widest(all.map(({ lane }) => lane));
  const space = Math.floor((columns - mark.length - laneWidth - 2 * columnGap.length) / 2);
  const width = Math.min(
    longestText,
    Math.max(shortestText, space),
    widest(all.flatMap((row) => [row.first, row.second])),
  );
  const table = textTable(
    [
      { title: header.lane, width: laneWidth },
      { title: header.first, width },
      { title: header.second, width },
    ],
    body.map((row) => [row.lane, row.first, row.second]),
  );
  const lines = table.rows.map((line, index) => (body[index]?.differs ? mark : noMark) + line);
  return { equal, lines: ['', noMark + table.head, noMark + table.rule, ...lines, ''] };
}

function laneTable(first: ParityRun, second: ParityRun): { rows: Row[]; equal: boolean } {
  const [left, right] = [first, second].map(({ events }) => laneRows(lanesOf(events))) as [
    LaneRow[],
    LaneRow[],
  ];
  const { diff, equal } = compareRuns(first.events, second.events);
  let [l, r] = [0, 0];
  const rows = diff.map(({ side }): Row => {
    const one = side === 'actual' ? undefined : left[l++];
    const other = side === 'expected' ? undefined : right[r++];
    return {
      lane: one?.lane ?? other?.lane ?? '',
      first: printable(one?.entry ?? ''),
      second: printable(other?.entry ?? ''),
      differs: side !== 'both',
    };
  });
  return { rows: joined(rows), equal };
}

/** Merges differences in the same lane into one row. */
function joined(rows: readonly Row[]): Row[] {
  const result: Row[] = [];
  for (const row of rows) {
    const last = result.at(-1);
    if (last?.differs && row.differs && last.lane === row.lane && last.second === '' && row.first === '')
      result[result.length - 1] = { ...last, second: row.second };
    else result.push(row);
  }
  return result;
}

function latencyRows(first: ParityRun, second: ParityRun): Row[] {
  const [left, right] = [first, second].map(({ events }) => figuresOf(events)) as [Figures, Figures];
  const turns = [...new Set([...left.keys(), ...right.keys()])].sort((a, b) => a - b);
  return turns.map((turn) => ({
    lane: `turn ${turn}  mouth→ear`,
    first: left.get(turn) ?? '',
    second: right.get(turn) ?? '',
    differs: false,
  }));
}

type Figures = ReadonlyMap<number, string>;

function figuresOf(events: readonly SessionEvent[]): Figures {
  return new Map(
    events.flatMap((event) =>
      event.type === 'turn.end' ? [[event.turn, mouthToEarText(event.latency)] as const] : [],
    ),
  );
}
