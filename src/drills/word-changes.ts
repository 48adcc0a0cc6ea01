/** Compares spoken words with the expected words. */
import { diffArrays } from 'diff';

export interface WordChanges {
  /** Expected words that are missing. */
  readonly lost: readonly string[];
  /** Expected words that occur too often. */
  readonly doubled: readonly string[];
  /** Words that were never expected. */
  readonly strange: readonly string[];
  /** Words cut off and said again from the start, as in "da-day". Nothing is missing or wrong. */
  readonly restarted: readonly string[];
}

export const noChanges: WordChanges = { lost: [], doubled: [], strange: [], restarted: [] };

/** Compares `actual` with `expected`. A surplus word counts as doubled if `expected` contains it, else as strange. */
export function wordChanges(expected: readonly string[], actual: readonly string[]): WordChanges {
  const known = new Set(expected);
  const { words, restarted } = withoutRestarts(known, actual);
  const diff = diffArrays([...expected], [...words]);
  const extra = diff.flatMap(({ added, value }) => (added ? value : []));
  return {
    lost: diff.flatMap(({ removed, value }) => (removed ? value : [])),
    doubled: extra.filter((word) => known.has(word)),
    strange: extra.filter((word) => !known.has(word)),
    restarted,
  };
}

/** Whether `words` contains the words of `part` in a row. */
export function holdsPhrase(words: readonly string[], part: readonly string[]): boolean {
  return words.some((_, at) => part.every((word, index) => words[at + index] === word));
}

/** The words, with each restart replaced by the whole word. A plain diff would report it as two changes. */
function withoutRestarts(
  known: ReadonlySet<string>,
  actual: readonly string[],
): { readonly words: readonly string[]; readonly restarted: readonly string[] } {
  const restarted: string[] = [];
  const words = actual.flatMap((word, at) => {
    if (known.has(word)) return word;
    const next = actual[at + 1] ?? '';
    // If a pause follows, the beginning is a word of its own.
    if (known.has(next) && isBeginning(word, next)) {
      restarted.push(next);
      return [];
    }
    const whole = [...known].find((other) => word.endsWith(other) && isBeginning(before(other, word), other));
    if (whole === undefined) return word;
    restarted.push(whole);
    return whole;
  });
  return { words, restarted };
}

function before(end: string, word: string): string {
  return word.slice(0, word.length - end.length);
}

/** Whether `part` is `word` cut short. The letter in which it was cut may be unrecognisable. */
export function isBeginning(part: string, word: string): boolean {
  if (part === '' || part.length > word.length || part === word) return false;
  return word.startsWith(part) || (part.length > 1 && word.startsWith(part.slice(0, -1)));
}
