/**
 * Text with styles, as data: what the panels make, what tests read, and what becomes escape sequences only at the very end.
 * Colours are the terminal's own, so that they suit its theme, light or dark.
 */
import { clipped, textWidth } from './text-width.js';

export type Colour = 'red' | 'green' | 'yellow' | 'blue' | 'magenta' | 'cyan';

export interface Style {
  readonly colour?: Colour;
  readonly bold?: boolean;
  readonly dim?: boolean;
  readonly inverse?: boolean;
}

/** Text of one style. */
export interface Span extends Style {
  readonly text: string;
}

/** One line of a panel. */
export type Row = readonly Span[];

const colourCodes: Readonly<Record<Colour, number>> = {
  red: 31,
  green: 32,
  yellow: 33,
  blue: 34,
  magenta: 35,
  cyan: 36,
};

export function span(text: string, style: Style = {}): Span {
  return { text, ...style };
}

export function rowWidth(row: Row): number {
  return row.reduce((width, { text }) => width + textWidth(text), 0);
}

/** The row cut off at `width` columns, with an ellipsis where something was left out. */
export function clippedRow(row: Row, width: number): Row {
  if (rowWidth(row) <= width) return row;
  const kept: Span[] = [];
  let left = width;
  for (const part of row) {
    const partWidth = textWidth(part.text);
    // The ellipsis needs a column of its own if anything follows.
    if (partWidth < left) {
      kept.push(part);
      left -= partWidth;
      continue;
    }
    kept.push({
      ...part,
      text: partWidth === left ? clipped(`${part.text}…`, left) : clipped(part.text, left),
    });
    break;
  }
  return kept;
}

/** The row with `filler` repeated behind it up to `width` columns. */
export function filledRow(row: Row, width: number, filler: Span = span(' ')): Row {
  const missing = width - rowWidth(row);
  return missing > 0 ? [...row, { ...filler, text: filler.text.repeat(missing) }] : row;
}

/** Two rows at the two ends of a line of `width` columns; the left one gives way where they meet. */
export function spreadRow(left: Row, right: Row, width: number): Row {
  const rightWidth = rowWidth(right);
  if (rightWidth === 0) return clippedRow(left, width);
  if (rightWidth + 2 > width) return clippedRow(left, width);
  const fitting = clippedRow(left, width - rightWidth - 1);
  return [...fitting, span(' '.repeat(width - rightWidth - rowWidth(fitting))), ...right];
}

/** Every span of the row with `style` on top of its own. */
export function restyled(row: Row, style: Style): Row {
  return row.map((part) => ({ ...part, ...style }));
}

/** The row without its styles. */
export function plainText(row: Row): string {
  return row.map(({ text }) => text).join('');
}

/** What steers a terminal, turns the direction of writing or is half a character; none of it has a width. */
const unprintable = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu;

/**
 * The row as a terminal takes it; without `colour` only bold, dim and inverse are left. Whatever the texts hold, nothing but
 * these styles reaches the terminal.
 */
export function painted(row: Row, colour: boolean): string {
  return row.map((part) => paintedSpan(part, colour)).join('');
}

function paintedSpan({ text: raw, colour, bold, dim, inverse }: Span, takesColour: boolean): string {
  const text = raw.replace(unprintable, '');
  let on = '';
  let off = '';
  if (bold) on += ';1';
  if (dim) on += ';2';
  if (bold || dim) off += ';22';
  if (inverse) {
    on += ';7';
    off += ';27';
  }
  if (colour && takesColour) {
    on += `;${colourCodes[colour]}`;
    off += ';39';
  }
  return on === '' || text === '' ? text : `\u001b[${on.slice(1)}m${text}\u001b[${off.slice(1)}m`;
}
