/** The table of drills: what failed, what the caller heard of it, and how long the recovery took. */
import wrapAnsi from 'wrap-ansi';
import { printable } from '../../events/sys-log.js';
import type { DrillResult } from '../../drills/drill-verdict.js';
import { columnGap, textTable, widest } from '../text-table.js';

/** As wide as a mark and the gap after it. */
const indent = ` ${columnGap}`;
const marks = { passed: '✓', failed: '✗' } as const;
/** In a narrower column, the failure goes on a line below its drill. */
const shortestFailure = 24;

type Cell = 'drill' | 'via' | 'heard' | 'recovered' | 'later' | 'lost' | 'doubled' | 'failed';
type Row = Readonly<Record<Cell | 'mark', string>>;

const cells: readonly Cell[] = ['drill', 'via', 'heard', 'recovered', 'later', 'lost', 'doubled', 'failed'];
const figures: readonly Cell[] = ['recovered', 'later', 'lost', 'doubled'];

const header: Record<Cell, string> = {
  drill: 'drill',
  via: 'via',
  heard: 'caller heard',
  recovered: 'recovered',
  later: 'later',
  lost: 'lost',
  doubled: 'doubled',
  failed: 'what failed, and what was done',
};

/** The table as lines that fit into `columns`. Below each failed drill are its reasons. */
export function drillTable(results: readonly DrillResult[], columns = Infinity): string[] {
  const rows = results.map((result) => ({ row: rowOf(result), problems: result.problems }));
  const all = [header, ...rows.map(({ row }) => row)];
  const widths = new Map(cells.map((cell) => [cell, widest(all.map((row) => row[cell]))]));
  const narrow = cells
    .slice(0, -1)
    .reduce((sum, cell) => sum + columnGap.length + (widths.get(cell) ?? 0), 1);
  const space = columns - narrow - columnGap.length;
  const isWide = space >= Math.min(shortestFailure, widths.get('failed') ?? 0);
  widths.set('failed', Math.min(space, widths.get('failed') ?? 0));
  const shown = isWide ? cells : cells.slice(0, -1);
  const table = textTable(
    shown.map((cell) => ({
      title: header[cell],
      width: widths.get(cell) ?? 0,
      ...(figures.includes(cell) && { align: 'right' }),
    })),
    rows.map(({ row }) => shown.map((cell) => row[cell])),
  );
  return [
    '',
    indent + table.head,
    indent + table.rule,
    ...rows.flatMap(({ row, problems }, index) => [
      `${row.mark}${columnGap}${table.rows[index] ?? ''}`,
      ...(isWide ? [] : [`${indent}${row.failed}`]),
      ...problems.map((problem) => `${indent}${marks.failed} ${printable(problem)}`),
    ]),
    '',
    'lost, doubled: words of the caller / of the agent',
    ...allowanceLines(results).flatMap((line) =>
      Number.isFinite(columns) ? wrapAnsi(line, columns).split('\n') : [line],
    ),
  ];
}

/** The losses that do not make a drill fail, a line for each reason. */
function allowanceLines(results: readonly DrillResult[]): string[] {
  const drills = new Map<
    string,
    { readonly of: string; readonly why: string; readonly names: Set<string> }
  >();
  for (const { drill, allowedLosses } of results)
    for (const { of, why } of allowedLosses) {
      const known = drills.get(`${of} ${why}`) ?? { of, why, names: new Set<string>() };
      drills.set(`${of} ${why}`, known);
      known.names.add(drill);
    }
  return [...drills.values()].map(
    ({ of, why, names }) => `allowed losses: words of the ${of} in ${[...names].join(', ')}: ${why}`,
  );
}

/** One line that sums up all drills. */
export function drillSummary(results: readonly DrillResult[]): string {
  const failed = results.filter(({ passed }) => !passed);
  const count = `${results.length} ${results.length === 1 ? 'drill' : 'drills'}`;
  if (failed.length === 0) return `${count}, all passed.`;
  return `${count}, ${failed.length} failed: ${failed.map(({ drill, via }) => `${drill} (${via})`).join(', ')}.`;
}

function rowOf({ drill, via, passed, ...result }: DrillResult): Row {
  const { callerWords, agentWords, recoveryMs, laterMs } = result;
  return {
    mark: passed ? marks.passed : marks.failed,
    drill,
    via,
    heard: result.callerHeard,
    recovered: milliseconds(recoveryMs),
    later: milliseconds(laterMs),
    lost: both(callerWords.lost.length, agentWords.lost.length),
    doubled: both(callerWords.doubled.length, agentWords.doubled.length),
    failed: printable(result.failed),
  };
}

function milliseconds(ms: number | null): string {
  return ms === null ? '–' : `${Math.round(ms) || 0}ms`;
}

function both(caller: number, agent: number): string {
  return `${caller}/${agent}`;
}
