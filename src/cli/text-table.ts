/**
 * Tables without borders: a header, a rule and rows, each cell padded or cut to its column. Widths are terminal
 * columns, which differ from string lengths in many scripts and in emoji. cli-table3 measures with an old string-width
 * that counts the vowel signs of Thai or Hindi as columns, and newer emoji as one instead of two.
 */
import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';

export interface TableColumn {
  readonly title: string;
  /** In terminal columns. */
  readonly width: number;
  readonly align?: 'right';
}

export interface TextTable {
  readonly head: string;
  readonly rule: string;
  /** One line for each row. */
  readonly rows: readonly string[];
}

export const columnGap = '  ';

/** Lays the cells out; `rows` have a cell for each column. */
export function textTable(columns: readonly TableColumn[], rows: readonly (readonly string[])[]): TextTable {
  const line = (cells: readonly string[]): string =>
    columns
      .map((column, index) => fitted(cells[index] ?? '', column))
      .join(columnGap)
      .trimEnd();
  return {
    head: line(columns.map(({ title }) => title)),
    rule: columns.map(({ width }) => '─'.repeat(Math.max(0, width))).join(columnGap),
    rows: rows.map(line),
  };
}

/** The text, cut off with an ellipsis if it is wider than `width`. */
export function clip(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  if (width < 1) return '';
  const [start = ''] = wrapAnsi(text, width - 1, { hard: true, wordWrap: false, trim: false }).split('\n');
  return stringWidth(start) < width ? `${start}…` : '…';
}

/** The width of the widest text; 0 if there is none. */
export function widest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map((text) => stringWidth(text)));
}

function fitted(text: string, { width, align }: TableColumn): string {
  const clipped = clip(text, width);
  const padding = ' '.repeat(Math.max(0, width - stringWidth(clipped)));
  return align === 'right' ? padding + clipped : clipped + padding;
}
