/** How findings look on a terminal. */
import { paint } from '../terminal.js';
import type { CheckResult, CheckStatus } from './check.js';

const statusColours: Readonly<Record<CheckStatus, number>> = { ok: 32, note: 36, problem: 31 };
const statusWidth = 'problem'.length;
const nameWidth = 'elevenlabs'.length;
const indent = statusWidth + nameWidth + 4;
/** A terminal that is narrower breaks lines by itself. */
const leastTextWidth = 30;

/** A finding, and below it what to do about it, broken at spaces where a terminal of `columns` would break it. */
export function resultLines(
  { name, status, message, remedy }: CheckResult,
  { columns, colour }: { readonly columns: number; readonly colour: boolean },
): string[] {
  const width = Math.max(leastTextWidth, columns - indent);
  const [first = '', ...rest] = [
    ...wrap(message, width),
    ...(remedy === undefined ? [] : wrap(remedy, width)),
  ];
  const label = status.padEnd(statusWidth);
  const head = `${colour ? paint(label, statusColours[status]) : label}  ${name.padEnd(nameWidth)}  `;
  return [head + first, ...rest.map((line) => ' '.repeat(indent) + line)];
}

/** What it comes down to. */
export function verdict(results: readonly CheckResult[]): string {
  const problems = results.filter(({ status }) => status === 'problem').length;
  if (problems === 0) return 'Everything that is configured works.';
  return problems === 1 ? 'There is 1 problem.' : `There are ${problems} problems.`;
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
