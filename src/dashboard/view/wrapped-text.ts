import { headOf, textWidth } from './text-width.js';
import type { Row, Span } from './styled-text.js';

/**
 * Breaks styled text into rows of at most `width` columns, between words where it can. A word that is wider than a row is
 * broken within. Always gives at least one row.
 */
export function wrappedRows(text: Row, width: number): Row[] {
  const rows: Span[][] = [[]];
  let left = width;
  const newRow = (): void => {
    rows.push([]);
    left = width;
  };
  const put = (style: Span, piece: string): void => {
    const row = rows.at(-1) ?? [];
    const last = row.at(-1);
    if (last && sameStyle(last, style)) row[row.length - 1] = { ...last, text: last.text + piece };
    else row.push({ ...style, text: piece });
    left -= textWidth(piece);
  };
  for (const part of text) {
    for (const piece of part.text.match(/\s+|\S+/gu) ?? []) {
      const isSpace = piece.trim() === '';
      if (isSpace) {
        if (left === width) continue;
        if (textWidth(piece) < left) put(part, piece);
        else newRow();
        continue;
      }
      let rest = piece;
      if (textWidth(rest) > left && left < width) newRow();
      while (textWidth(rest) > left) {
        // Where not even one character fits, it goes in regardless: the terminal cuts it off.
        const head = headOf(rest, left) || Array.from(rest).slice(0, 1).join('');
        put(part, head);
        rest = rest.slice(head.length);
        newRow();
      }
      if (rest !== '') put(part, rest);
    }
  }
  const last = rows.at(-1);
  return rows.length > 1 && last?.length === 0 ? rows.slice(0, -1) : rows;
}

function sameStyle(a: Span, b: Span): boolean {
  return a.colour === b.colour && a.bold === b.bold && a.dim === b.dim && a.inverse === b.inverse;
}
