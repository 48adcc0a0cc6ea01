import { Text, Transform } from 'ink';
import type { ReactElement } from 'react';
import { painted, type Row } from '../view/styled-text.js';

interface RowsProps {
  readonly rows: readonly Row[];
  /** Whether the terminal takes colour. */
  readonly colour: boolean;
}

/**
 * Lines that are laid out already. Ink measures only a placeholder and gets the lines as a transformation of it: it
 * remembers every text that it ever measured, which on a screen that changes all day would be a leak.
 */
export function Rows({ rows, colour }: RowsProps): ReactElement {
  const line = (_text: string, index: number): string => painted(rows[index] ?? [], colour);
  return (
    <Transform transform={line}>
      <Text>{placeholder(rows.length)}</Text>
    </Transform>
  );
}

function placeholder(lines: number): string {
  return Array.from({ length: lines }, () => ' ').join('\n');
}
