/** The dashboard's SYS_LOG: the latest lines, once with and once without details. */
import type { LogLine } from '../../events/sys-log.js';
import { emptyRing, latestFirst, ringWith, type LogRing } from './log-ring.js';
import { matches, type Filter } from './filter.js';

export interface LogEntry extends LogLine {
  /** Counts all lines ever logged, from 1. */
  readonly number: number;
  /** Null for the relay's own lines. */
  readonly sessionId: string | null;
  /** Milliseconds since its session began; null if it has none. */
  readonly atMs: number | null;
  /** When it was logged, as milliseconds since 1970 (UTC). */
  readonly wallMs: number;
}

export interface SessionLog {
  /** The latest lines, details included. */
  readonly all: LogRing<LogEntry>;
  /** The latest lines without details: hundreds of tokens must not push out the lines that matter. */
  readonly essential: LogRing<LogEntry>;
  /** The number of the latest line; 0 if there is none. */
  readonly latest: number;
}

/** Which lines of a log are shown. */
export interface LogQuery {
  readonly verbose: boolean;
  readonly filter: Filter;
  /** The only session whose lines are shown; null for all lines. */
  readonly sessionId: string | null;
  /** Lines after this number are left out; null to leave out none. */
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

/** The last `count` lines that match the query, in order. */
export function lastLines(log: SessionLog, query: LogQuery, count: number): readonly LogEntry[] {
  const found: LogEntry[] = [];
  for (const entry of matching(log, query)) {
    if (found.length >= count) break;
    found.push(entry);
  }
  return found.reverse();
}

/** The first `count` lines that match the query, in order. */
export function firstLines(log: SessionLog, query: LogQuery, count: number): readonly LogEntry[] {
  return [...matching(log, query)].reverse().slice(0, count);
}

/** How many lines match the query but come after its `until`. */
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
