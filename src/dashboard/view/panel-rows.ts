import { clippedRow, rowWidth, span, type Row } from './styled-text.js';

/** A panel's title and lines, without styles of the frame round them. */
export interface PanelView {
  /** In brackets, upper case. */
  readonly name: string;
  /** What the panel is about, behind its name. */
  readonly about: Row;
  /** At the right end of the title. */
  readonly aside: Row;
  /** At most as many as there is room for. */
  readonly rows: readonly Row[];
}

/** The panel's lines in exactly this size, the title first: a rule that is bright where the panel has the keys. */
export function panelRows(view: PanelView, width: number, height: number, focused: boolean): readonly Row[] {
  const style = focused ? { bold: true, colour: 'cyan' as const } : { bold: true };
  const rule = { dim: !focused, ...(focused && { colour: 'cyan' as const }) };
  const about = view.about.length > 0 ? [...view.about, span(' ')] : [];
  const left = [span(`[ ${view.name} ]`, style), span(' '), ...about];
  const right = view.aside.length > 0 ? [span(' '), ...view.aside, span(' '), span('─', rule)] : [];
  const room = width - rowWidth(right);
  const shortened = clippedRow(left, Math.max(0, room - 1));
  const line = span('─'.repeat(Math.max(0, room - rowWidth(shortened))), rule);
  const title = clippedRow([...shortened, line, ...right], width);
  const rows = view.rows.slice(0, height - 1).map((row) => clippedRow(row, width));
  return [title, ...rows, ...Array.from({ length: Math.max(0, height - 1 - rows.length) }, (): Row => [])];
}
