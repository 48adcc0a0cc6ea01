/** Summary of latencies, in the unit of the values; null without values. */
export interface LatencySummary {
  readonly count: number;
  readonly last: number | null;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly max: number | null;
}

/**
 * The nearest-rank percentile: the smallest value with at least `share` (0..1) of the values at or below it; null if
 * there are no values.
 */
export function percentile(values: readonly number[], share: number): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const rank = Math.min(sorted.length, Math.max(1, Math.ceil(share * sorted.length)));
  return sorted[rank - 1] ?? null;
}

export function summarise(values: readonly number[]): LatencySummary {
  return {
    count: values.length,
    last: values.at(-1) ?? null,
    p50: percentile(values, 0.5),
    p95: percentile(values, 0.95),
    max: percentile(values, 1),
  };
}
