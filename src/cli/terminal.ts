/** Where output goes and how it looks: data to stdout, messages to stderr, colour only where someone sees it. */
import type { LogLine, LogTag } from '../events/sys-log.js';
import { formatLogLine } from '../events/sys-log.js';

const tagColours: Record<LogTag, number> = { INFO: 36, EVT: 37, OK: 32, WARN: 33, ERR: 31 };

/** Whether a stream takes colour: a terminal that can, unless NO_COLOR or a dumb TERM says otherwise. */
export function takesColour(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>> = process.env,
): boolean {
  return stream.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
}

/** How many columns stdout's terminal has; unlimited where it is none, since a file or a pipe breaks no lines. */
export function stdoutColumns(): number {
  return process.stdout.isTTY ? process.stdout.columns : Infinity;
}

export function out(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Says what is going on to a person who waits; programs that read stderr do not need it. */
export function progress(line: string): void {
  if (process.stderr.isTTY) note(line);
}

/** A SYS_LOG line for stdout, its tag in colour where that is seen. */
export function renderLogLine(line: LogLine, colour = takesColour(process.stdout)): string {
  const text = formatLogLine(line);
  if (!colour) return text;
  const tagWidth = line.tag.length;
  return `${paint(text.slice(0, tagWidth), tagColours[line.tag])}${text.slice(tagWidth)}`;
}

export function paint(text: string, code: number): string {
  return `\u001b[${code}m${text}\u001b[0m`;
}

/** Ends quietly when the reader went away (`hzrelay replay … | head`), which is no error of ours. */
export function tolerateClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(0);
      throw error;
    });
  }
}

/** Ends the process with this code as soon as stdout has taken what was written to it, whatever else is under way. */
export function exitOnceWritten(code: number): void {
  process.stdout.write('', () => process.exit(code));
}
