/** Formats findings for a terminal. */
import wrapAnsi from 'wrap-ansi';
import { printable } from '../../events/sys-log.js';
import { builtInRegistry } from '../../providers/registry.js';
import { paint } from '../terminal.js';
import type { CheckResult, CheckStatus } from './check.js';

const statusColours: Readonly<Record<CheckStatus, number>> = { ok: 32, note: 36, problem: 31 };
const statusWidth = 'problem'.length;
/** Longer names are those of few: they do not set the width for all. */
const usual = builtInRegistry.all.filter(({ key }) => key === null || key.isDefault === true);
const nameWidth = Math.max(...usual.map(({ name }) => name.length));
const indent = statusWidth + nameWidth + 4;
/** On narrower terminals, leave wrapping to the terminal. */
const leastTextWidth = 30;

/** The lines of a finding and its remedy, broken at spaces to fit into `columns`. */
export function resultLines(
  { name, status, message, remedy }: CheckResult,
  { columns, colour }: { readonly columns: number; readonly colour: boolean },
): string[] {
  const width = Math.max(leastTextWidth, columns - indent);
  const [first = '', ...rest] = [
    ...wrapped(message, width),
    ...(remedy === undefined ? [] : wrapped(remedy, width)),
  ];
  const label = status.padEnd(statusWidth);
  const head = `${colour ? paint(label, statusColours[status]) : label}  ${name.padEnd(nameWidth)}  `;
  return [head + first, ...rest.map((line) => ' '.repeat(indent) + line)];
}

/** One line that sums up all findings. */
export function verdict(results: readonly CheckResult[]): string {
  const problems = results.filter(({ status }) => status === 'problem').length;
  if (problems === 0) return 'Everything that is configured works.';
  return problems === 1 ? 'There is 1 problem.' : `There are ${problems} problems.`;
}

function wrapped(text: string, width: number): string[] {
  return text.split('\n').flatMap((line) => wrapAnsi(printable(line), width).split('\n'));
}
