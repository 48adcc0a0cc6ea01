/** The SYS_LOG as the dashboard keeps it: the latest lines, with and without those that only a closer look needs. */
import type { LogLine } from '../../events/sys-log.js';
import { emptyRing, latestFirst, ringWith, type LogRing } from './log-ring.js';
import { matches, type Filter } from './filter.js';

export interface LogEntry extends LogLine {
  /** Counts all lines ever logged, from 1. */
  readonly number: number;
  /** Null for what the relay itself says. */
  readonly sessionId: string | null;
  /** Milliseconds since its session began; null where it has none. */
  readonly atMs: number | null;
  /** When it was logged, as milliseconds since 1970 (UTC). */
  readonly wallMs: number;
}

export interface SessionLog {
  /** Every line. */
  readonly all: LogRing<LogEntry>;
  /** Without details: hundreds of tokens must not push out the lines that matter. */
  readonly essential: LogRing<LogEntry>;
  /** The number of the latest line; 0 where there is none. */
  readonly latest: number;
}

/** What of a log is looked at. */
export interface LogQuery {
  readonly verbose: boolean;
  readonly filter: Filter;
  /** The only session whose lines are shown; null for all lines. */
  readonly sessionId: string | null;
  /** Lines after this one are left out; null for none. */
  readonly until: number | null;
}

const keptLines = 2000;

export const emptyLog: SessionLog = { all: emptyRing(keptLines), essential: emptyRing(keptLines), latest: 0 };

export function logWith(log: SessionLog, line: Omit<LogEntry, 'number'>): SessionLog {
  const entry: LogEntry = { ...line, number: log.latest + 1 };
  return {
    all: ringWith(log.all, entry),
    essential: line.detail ? log.essential : ringWith(log.essential, entry),
    latest: entry.number,
  };
}

/** The last `count` lines that the query asks for, in order. */
export function lastLines(log: SessionLog, query: LogQuery, count: number): readonly LogEntry[] {
  const found: LogEntry[] = [];
  for (const entry of matching(log, query)) {
    if (found.length >= count) break;
    found.push(entry);
  }
  return found.reverse();
}

/** The first `count` lines that the query asks for, in order. */
export function firstLines(log: SessionLog, query: LogQuery, count: number): readonly LogEntry[] {
  return [...matching(log, query)].reverse().slice(0, count);
}

/** How many lines that the query asks for came after its `until`. */
export function linesSince(log: SessionLog, query: LogQuery): number {
  const { until } = query;
  if (until === null) return 0;
  let count = 0;
  for (const { number } of matching(log, { ...query, until: null })) {
    if (number <= until) break;
    count++;
  }
  return count;
}

function* matching(
  log: SessionLog,
  { verbose, filter, sessionId, until }: LogQuery,
): Generator<LogEntry, void> {
  for (const entry of latestFirst(verbose ? log.all : log.essential)) {
    if (until !== null && entry.number > until) continue;
    if (sessionId !== null && entry.sessionId !== sessionId) continue;
    if (matches(filter, entry.tag, entry.text, entry.sessionId ?? '')) yield entry;
  }
}
