/** Which events `hzrelay logs` shows: by type, by level, with or without details. */
import { eventAliases, sessionEventTypes, type SessionEvent } from '../events/session-event.js';
import { sysLogLine, type LogTag } from '../events/sys-log.js';
import { UsageError } from './exit.js';

const logLevels = ['info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LogFilterOptions {
  /** Event types, comma-separated; `*` stands for anything. Types that are named are shown with their details. */
  readonly type?: string;
  /** The least that is shown. */
  readonly level: LogLevel;
  /** Also partials, tokens and raw speech edges. */
  readonly verbose?: boolean;
}

const rank: Record<LogTag, number> = { INFO: 0, EVT: 0, OK: 0, WARN: 1, ERR: 2 };
const aliases: Readonly<Record<string, string>> = eventAliases;
const names = [...sessionEventTypes, ...Object.keys(aliases)];

/** What tells whether an event is shown. Throws a UsageError where `--type` names no event. */
export function logFilter({
  type,
  level,
  verbose = false,
}: LogFilterOptions): (event: SessionEvent) => boolean {
  const types = type === undefined ? null : typesOf(type);
  const least = logLevels.indexOf(level);
  return (event) => {
    if (types && !types.has(event.type)) return false;
    const { tag, detail } = sysLogLine(event);
    return rank[tag] >= least && (!detail || verbose || types !== null);
  };
}

function typesOf(list: string): ReadonlySet<string> {
  const patterns = list.split(',').map((pattern) => pattern.trim());
  return new Set(patterns.flatMap((pattern) => matching(pattern)));
}

function matching(pattern: string): string[] {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  const expression = new RegExp(`^${parts.join('.*')}$`);
  const found = names.filter((name) => expression.test(name));
  if (found.length > 0) return found.map((name) => aliases[name] ?? name);
  throw new UsageError(
    `--type '${pattern}' names no event. There are: ${names.join(', ')}; * stands for anything, as in 'llm.*'.`,
  );
}
