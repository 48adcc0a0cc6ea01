/** Which events `hzrelay logs` shows: by type, by level, with or without details. */
import { eventAliases, sessionEventTypes, type SessionEvent } from '../../events/session-event.js';
import { printable, sysLogLine, type LogLine, type LogTag } from '../../events/sys-log.js';
import { UsageError } from '../exit.js';

const logLevels = ['info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LogFilterOptions {
  /** Event types, comma-separated; `*` matches anything. Their details are shown too. */
  readonly type?: string;
  /** The lowest level that is shown. */
  readonly level: LogLevel;
  /** Also partials, tokens and raw speech edges. */
  readonly verbose?: boolean;
}

const rank: Record<LogTag, number> = { INFO: 0, EVT: 0, OK: 0, WARN: 1, ERR: 2 };
const aliases: Readonly<Record<string, string>> = eventAliases;
const names = [...sessionEventTypes, ...Object.keys(aliases)];

/** Returns a function that decides whether an event is shown. Throws a UsageError if `--type` matches no event. */
export function logFilter({
  type,
  level,
  verbose = false,
}: LogFilterOptions): (event: SessionEvent) => boolean {
  const types = type === undefined ? null : typesOf(type);
  const least = logLevels.indexOf(level);
  return (event) => {
    if (types && !types.has(event.type)) return false;
    const { tag, detail } = logLineOf(event);
    return rank[tag] >= least && (!detail || verbose || types !== null);
  };
}

/** The line of another relay's event; only its type if this version does not know the event or its form. */
export function logLineOf(event: SessionEvent): LogLine {
  try {
    return sysLogLine(event);
  } catch {
    return { tag: 'EVT', text: printable(event.type), detail: true };
  }
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
    `--type '${pattern}' matches no event. The events are: ${names.join(', ')}; * matches anything, as in 'llm.*'.`,
  );
}
