/** Where output goes and how it looks: data to stdout, messages to stderr, colour only on terminals. */
import type { LogLine, LogTag } from '../events/sys-log.js';
import { formatLogLine } from '../events/sys-log.js';
import { OutputGuard } from './output-guard.js';

const tagColours: Record<LogTag, number> = { INFO: 36, EVT: 37, OK: 32, WARN: 33, ERR: 31 };

/** Whether to colour a stream's output: it is a terminal, and neither NO_COLOR nor TERM=dumb is set. */
export function takesColour(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>> = process.env,
): boolean {
  return stream.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
}

/** The columns of stdout's terminal; infinite for a file or a pipe, which do not wrap lines. */
export function stdoutColumns(): number {
  return process.stdout.isTTY ? process.stdout.columns : Infinity;
}

/** The guard of this process's output streams. */
export const output = new OutputGuard({ stdout: process.stdout, stderr: process.stderr });

export function out(line: string): void {
  output.print('stdout', `${line}\n`);
}

export function note(line: string): void {
  output.print('stderr', `${line}\n`);
}

/** Prints progress on stderr, only if it is a terminal. */
export function progress(line: string): void {
  if (process.stderr.isTTY) note(line);
}

/** A SYS_LOG line for stdout, with a coloured tag if `colour` is set. */
export function renderLogLine(line: LogLine, colour = takesColour(process.stdout)): string {
  const text = formatLogLine(line);
  if (!colour) return text;
  const tagWidth = line.tag.length;
  return `${paint(text.slice(0, tagWidth), tagColours[line.tag])}${text.slice(tagWidth)}`;
}

export function paint(text: string, code: number): string {
  return `\u001b[${code}m${text}\u001b[0m`;
}
