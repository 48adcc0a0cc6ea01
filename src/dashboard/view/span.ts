/**
 * Styled text as data: view models return it and tests read it; Ink lays it out and paints it (`components/Line.tsx`).
 * Colours are the terminal's own, so they suit its theme, light or dark.
 */
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

/** A line, or a paragraph that Ink breaks into lines. */
export type Row = readonly Span[];

export function span(text: string, style: Style = {}): Span {
  return { text, ...style };
}

/** The row with `style` added to each span. */
export function restyled(row: Row, style: Style): Row {
  return row.map((part) => ({ ...part, ...style }));
}

/** The row without its styles. */
export function plainText(row: Row): string {
  return row.map(({ text }) => text).join('');
}
