/** The table of drills: what failed, what the caller heard of it, and how soon all was well again. */
import { printable } from '../events/sys-log.js';
import type { DrillResult } from '../testing/drills/drill-verdict.js';
import { clip, widest } from './table-text.js';

const gap = '  ';
const marks = { passed: '✓', failed: '✗' } as const;
/** Narrower than this, what failed stands below its drill. */
const shortestFailure = 24;

type Cell = 'drill' | 'via' | 'heard' | 'recovered' | 'later' | 'lost' | 'doubled' | 'failed';
type Row = Readonly<Record<Cell | 'mark', string>>;

const cells: readonly Cell[] = ['drill', 'via', 'heard', 'recovered', 'later', 'lost', 'doubled', 'failed'];
const figures: readonly Cell[] = ['recovered', 'later', 'lost', 'doubled'];

const header: Row = {
  mark: ' ',
  drill: 'drill',
  via: 'via',
  heard: 'caller heard',
  recovered: 'recovered',
  later: 'later',
  lost: 'lost',
  doubled: 'doubled',
  failed: 'what failed, and what was done',
};

/** The table as lines that fit into `columns`, with the reasons below every drill that failed. */
export function drillTable(results: readonly DrillResult[], columns = Infinity): string[] {
  const rows = results.map((result) => ({ row: rowOf(result), problems: result.problems }));
  const all = [header, ...rows.map(({ row }) => row)];
  const widths = new Map(cells.map((cell) => [cell, widest(all.map((row) => row[cell]))]));
  const narrow = cells.slice(0, -1).reduce((sum, cell) => sum + gap.length + (widths.get(cell) ?? 0), 1);
  const space = columns - narrow - gap.length;
  const isWide = space >= Math.min(shortestFailure, widths.get('failed') ?? 0);
  widths.set('failed', isWide ? Math.min(space, widths.get('failed') ?? 0) : 0);
  const shown = isWide ? cells : cells.slice(0, -1);
  const line = (row: Row): string =>
    [row.mark, ...shown.map((cell) => fit(row[cell], widths.get(cell) ?? 0, cell))].join(gap).trimEnd();
  const rule = [' ', ...shown.map((cell) => '─'.repeat(widths.get(cell) ?? 0))].join(gap);
  return [
    '',
    line(header),
    rule,
    ...rows.flatMap(({ row, problems }) => [
      line(row),
      ...(isWide ? [] : [`${indent}${row.failed}`]),
      ...problems.map((problem) => `${indent}${marks.failed} ${printable(problem)}`),
    ]),
    '',
    'lost, doubled: words of the caller / of the agent',
  ];
}

/** One line about all of them. */
export function drillSummary(results: readonly DrillResult[]): string {
  const failed = results.filter(({ passed }) => !passed);
  const count = `${results.length} ${results.length === 1 ? 'drill' : 'drills'}`;
  if (failed.length === 0) return `${count}, all passed.`;
  return `${count}, ${failed.length} failed: ${failed.map(({ drill, via }) => `${drill} (${via})`).join(', ')}.`;
}

const indent = ' '.repeat(1 + gap.length);

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
  return ms === null ? '–' : `${ms.toFixed(0)}ms`;
}

function both(caller: number, agent: number): string {
  return `${caller}/${agent}`;
}

function fit(text: string, width: number, cell: Cell): string {
  return figures.includes(cell) ? text.padStart(width) : clip(text, width);
}
