/** How what was said differs from what should have been said, word by word. */
import { diffLines } from '../../replay/line-diff.js';

export interface WordChanges {
  /** Words that should be there. */
  readonly lost: readonly string[];
  /** Words that are there once more than they should be. */
  readonly doubled: readonly string[];
  /** Words that should not be there at all. */
  readonly strange: readonly string[];
  /** Words that were cut and said again from their beginning, "da-day": nothing is missing, nothing misunderstood. */
  readonly restarted: readonly string[];
}

export const noChanges: WordChanges = { lost: [], doubled: [], strange: [], restarted: [] };

/** What becomes of `expected` in `actual`. A word too many is doubled if it stands in `expected`, else strange. */
export function wordChanges(expected: readonly string[], actual: readonly string[]): WordChanges {
  const known = new Set(expected);
  const { words, restarted } = withoutRestarts(known, actual);
  const diff = diffLines(expected, words);
  const extra = diff.flatMap(({ side, text }) => (side === 'actual' ? text : []));
  return {
    lost: diff.flatMap(({ side, text }) => (side === 'expected' ? text : [])),
    doubled: extra.filter((word) => known.has(word)),
    strange: extra.filter((word) => !known.has(word)),
    restarted,
  };
}

/** Whether all words of `part` stand in `words`, one directly behind the other. */
export function holdsPhrase(words: readonly string[], part: readonly string[]): boolean {
  return words.some((_, at) => part.every((word, index) => words[at + index] === word));
}

/** The words, each restart taken for the word itself. */
function withoutRestarts(
  known: ReadonlySet<string>,
  actual: readonly string[],
): { readonly words: readonly string[]; readonly restarted: readonly string[] } {
  const restarted: string[] = [];
  const words = actual.flatMap((word, at) => {
    if (known.has(word)) return word;
    const next = actual[at + 1] ?? '';
    // With a pause behind it the beginning stands alone.
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

/** Whether a word was cut there; of the letter in which it was cut too little may be left to tell it. */
export function isBeginning(part: string, word: string): boolean {
  if (part === '' || part.length > word.length || part === word) return false;
  return word.startsWith(part) || (part.length > 1 && word.startsWith(part.slice(0, -1)));
}
