/** Which drills a name on the command line means. */
import type { Drill } from '../testing/drills/drill.js';
import { UsageError } from './exit.js';
import { clip, widest } from './table-text.js';

const kinds: Readonly<Record<Drill['kind'], string>> = { stt: 'recogniser', llm: 'model', tts: 'voice' };

/**
 * `all`, a kind (`stt`, `llm`, `tts`) or one drill's name. Throws a UsageError that lists what there is, with the nearest
 * name first in mind.
 */
export function chooseDrills(name: string, drills: readonly Drill[]): readonly Drill[] {
  const chosen = drills.filter((drill) => name === 'all' || name === drill.kind || name === drill.name);
  if (chosen.length > 0) return chosen;
  const nearest = nearestName(
    name,
    drills.map((drill) => drill.name),
  );
  throw new UsageError(
    [
      `There is no drill ${JSON.stringify(name)}${nearest === null ? '.' : `; did you mean ${nearest}?`} There are:`,
      ...drillLines(drills),
    ].join('\n'),
  );
}

/** Every drill with what it does, one a line, under the kind of provider that fails. */
export function drillLines(drills: readonly Drill[]): string[] {
  const width = widest(drills.map(({ name }) => name));
  return [
    `  ${clip('all', width)}  every one of them; stt, llm or tts: those of one kind`,
    ...Object.entries(kinds).flatMap(([kind, title]) => [
      '',
      `${title[0]?.toUpperCase()}${title.slice(1)}:`,
      ...drills
        .filter((drill) => drill.kind === kind)
        .map(({ name, says }) => `  ${clip(name, width)}  ${says}`),
    ]),
  ];
}

/** The name with the fewest changes to it; null where none is near. */
function nearestName(name: string, names: readonly string[]): string | null {
  const ranked = names
    .map((candidate) => ({ candidate, changes: editDistance(name.toLowerCase(), candidate) }))
    .sort((one, other) => one.changes - other.changes);
  const [best] = ranked;
  return best && best.changes <= best.candidate.length / 2 ? best.candidate : null;
}

/** Letters to insert, remove or replace (Levenshtein). */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [i, letter] of Array.from(from).entries()) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j++) {
      const replaced = (row[j] ?? 0) + (letter === to[j] ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
