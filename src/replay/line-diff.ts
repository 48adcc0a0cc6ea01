import { diffArrays } from 'diff';

/** A line of a diff: in both texts, only in the expected one, or only in the actual one. */
export interface DiffLine {
  readonly side: 'both' | 'expected' | 'actual';
  readonly text: string;
}

/** The shortest edit from `expected` to `actual`, line by line. Where lines are replaced, the expected ones come first. */
export function diffLines(expected: readonly string[], actual: readonly string[]): DiffLine[] {
  return diffArrays([...expected], [...actual]).flatMap(({ value, added, removed }) => {
    const side = added ? 'actual' : removed ? 'expected' : 'both';
    return value.map((text) => ({ side, text }) as const);
  });
}

/**
 * The lines near a change, and how many equal lines were skipped between them. The patches of the `diff` package do not
 * count those.
 */
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
