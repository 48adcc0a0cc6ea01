/** Selects drills by a name on the command line. */
import { closest, distance } from 'fastest-levenshtein';
import { partNames, type FailingPart } from '../../drills/drill.js';
import { UsageError } from '../exit.js';

/** A drill as listed on the command line. */
export interface DrillChoice {
  readonly name: string;
  readonly kind: FailingPart;
  /** One line. */
  readonly says: string;
}

/**
 * `all`, a kind (`connection`, `stt`, `llm`, `tts`) or the name of a drill. Throws a UsageError that suggests the nearest name
 * and lists all drills.
 */
export function chooseDrills<D extends DrillChoice>(name: string, drills: readonly D[]): readonly D[] {
  const chosen = drills.filter((drill) => name === 'all' || name === drill.kind || name === drill.name);
  if (chosen.length > 0) return chosen;
  const nearest = nearestName(
    name,
    drills.map((drill) => drill.name),
  );
  throw new UsageError(
    [
      `There is no drill ${JSON.stringify(name)}${nearest === null ? '.' : `; did you mean ${nearest}?`} The drills are:`,
      ...drillLines(drills),
    ].join('\n'),
  );
}

/** A line for each drill, grouped by what fails. */
export function drillLines(drills: readonly DrillChoice[]): string[] {
  const given = (Object.keys(partNames) as FailingPart[]).filter((part) =>
    drills.some(({ kind }) => kind === part),
  );
  const width = Math.max(...drills.map(({ name }) => name.length));
  return [
    `  ${'all'.padEnd(width)}  all of them; of a kind: ${given.join(', ')}`,
    ...given.flatMap((kind) => [
      '',
      `${partNames[kind][0]?.toUpperCase()}${partNames[kind].slice(1)}:`,
      ...drills
        .filter((drill) => drill.kind === kind)
        .map(({ name, says }) => `  ${name.padEnd(width)}  ${says}`),
    ]),
  ];
}

/** The name with the smallest edit distance; null if none is near. */
function nearestName(name: string, names: readonly string[]): string | null {
  const nearest = closest(name.toLowerCase(), names);
  return distance(name.toLowerCase(), nearest) <= nearest.length / 2 ? nearest : null;
}
