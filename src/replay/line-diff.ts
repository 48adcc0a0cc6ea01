/** One line of a diff: in both, only in the expected, or only in the actual text. */
export interface DiffLine {
  readonly side: 'both' | 'expected' | 'actual';
  readonly text: string;
}

/** The shortest edit from `expected` to `actual`, line by line (longest common subsequence). */
export function diffLines(expected: readonly string[], actual: readonly string[]): DiffLine[] {
  const rows = expected.length;
  const columns = actual.length;
  // lengths[i][j]: common lines of expected[i..] and actual[j..].
  const lengths = Array.from({ length: rows + 1 }, () => new Uint32Array(columns + 1));
  const at = (row: number, column: number): number => lengths[row]?.[column] ?? 0;
  for (let i = rows - 1; i >= 0; i--) {
    for (let j = columns - 1; j >= 0; j--) {
      const common = expected[i] === actual[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
      lengths[i]?.fill(common, j, j + 1);
    }
  }
  const lines: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < rows || j < columns) {
    const [left, right] = [expected[i], actual[j]];
    if (left !== undefined && left === right) {
      lines.push({ side: 'both', text: left });
      i++;
      j++;
    } else if (right === undefined || (left !== undefined && at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ side: 'expected', text: left ?? '' });
      i++;
    } else {
      lines.push({ side: 'actual', text: right });
      j++;
    }
  }
  return lines;
}

/** A diff with its long equal stretches left out: what is near a change, and how many lines were skipped between. */
export function aroundChanges(
  diff: readonly DiffLine[],
  contextLines: number,
): readonly (DiffLine | { readonly skipped: number })[] {
  const near = diff.map((_, at) =>
    diff.slice(Math.max(0, at - contextLines), at + contextLines + 1).some(({ side }) => side !== 'both'),
  );
  const parts: (DiffLine | { readonly skipped: number })[] = [];
  let skipped = 0;
  const skip = (): void => {
    if (skipped > 0) parts.push({ skipped });
    skipped = 0;
  };
  for (const [at, line] of diff.entries()) {
    if (near[at]) {
      skip();
      parts.push(line);
    } else skipped++;
  }
  skip();
  return parts;
}
