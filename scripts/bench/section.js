/** One part of the benchmark: named figures, some with a target. */
import { shown, spread } from '../measuring/figures.js';
import { table } from '../measuring/table.js';

/** A figure with many measurements: its median and tail. `targetP50` is the limit of the median. */
export function distribution(name, unit, values, { targetP50 } = {}) {
  const { count, p50, p95, max } = spread(values);
  const target =
    targetP50 === undefined
      ? {}
      : { target: `p50 < ${targetP50} ${unit}`, met: count > 0 && p50 < targetP50 };
  return { name, unit, count, p50, p95, max, ...target };
}

/** A figure that was measured once or counted. `most` is its limit. */
export function single(name, unit, value, { most } = {}) {
  const target = most === undefined ? {} : { target: `≤ ${most}`, met: value <= most };
  return { name, unit, value, ...target };
}

/** The section as text lines. */
export function sectionLines({ title, figures, problems }) {
  const rows = figures.map(({ name, unit, count, p50, p95, max, value, target, met }) => [
    name,
    shown(value ?? p50),
    shown(p95),
    shown(max),
    unit,
    count === undefined ? '' : `n=${count}`,
    target === undefined ? '' : `${target} ${met ? '✓' : '✗ MISSED'}`,
  ]);
  const head = ['', 'p50', 'p95', 'max', '', '', ''];
  return [
    '',
    title,
    ...table([head, ...rows], { left: [4, 5, 6] }),
    ...problems.map((text) => `  ✗ ${text}`),
  ];
}

/** Whether every target was met without problems. */
export function isMet({ figures, problems }) {
  return problems.length === 0 && figures.every(({ met }) => met !== false);
}
