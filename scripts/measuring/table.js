/** Rows of cells as aligned lines. The first column is left-aligned, and so are the columns named in `left`. */
export function table(rows, { indent = '  ', left = [] } = {}) {
  const widths = [];
  for (const row of rows)
    row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, String(cell).length)));
  return rows.map((row) => {
    const cells = row.map((cell, column) =>
      column === 0 || left.includes(column)
        ? String(cell).padEnd(widths[column])
        : String(cell).padStart(widths[column]),
    );
    return `${indent}${cells.join('  ')}`.trimEnd();
  });
}
