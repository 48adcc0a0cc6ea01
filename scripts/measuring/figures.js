/** Summaries of measured values. */
import { percentile } from '../../dist/metrics/percentile.js';

export { percentile };

/** p50, p95, p99 and the maximum of the values; nulls for an empty list. */
export function spread(values) {
  return {
    count: values.length,
    p50: percentile(values, 0.5),
    p95: percentile(values, 0.95),
    p99: percentile(values, 0.99),
    max: percentile(values, 1),
  };
}

/**
 * The rise from one value to the next: the median of the slopes between all pairs (Theil and Sen), which is robust against a
 * few outliers, such as a heap that grew by a page.
 */
export function slopePerStep(values) {
  const slopes = values.flatMap((from, first) =>
    values.slice(first + 1).map((to, steps) => (to - from) / (steps + 1)),
  );
  return percentile(slopes, 0.5) ?? 0;
}

/** A number with three significant digits, or a dash for null. */
export function shown(value, unit = '') {
  if (value === null || value === undefined) return '–';
  if (typeof value !== 'number') return String(value);
  const digits = Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return `${value.toFixed(digits)}${unit === '' ? '' : ` ${unit}`}`;
}
