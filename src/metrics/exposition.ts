/**
 * Counters, gauges and histograms, written as Prometheus reads them: text exposition format 0.0.4.
 *
 * Source: https://prometheus.io/docs/instrumenting/exposition_formats/
 */

/** Label values by label name. */
export type Labels = Readonly<Record<string, string>>;

export const expositionContentType = 'text/plain; version=0.0.4; charset=utf-8';

/** Something that is measured. Names and labels are the programmer's; label values may be anybody's. */
export interface Metric {
  /** Its lines, each ended by a line feed. */
  render(): string;
}

interface Described {
  readonly name: string;
  readonly help: string;
}

/** Writes metrics one after the other. */
export function renderMetrics(metrics: readonly Metric[]): string {
  return metrics.map((metric) => metric.render()).join('');
}

/** A figure for each combination of labels that only grows. */
export class Counter implements Metric {
  readonly #described: Described;
  readonly #values = new Map<string, number>();

  constructor(described: Described) {
    this.#described = described;
  }

  increment(labels: Labels = {}, by = 1): void {
    const key = renderLabels(labels);
    this.#values.set(key, (this.#values.get(key) ?? 0) + by);
  }

  render(): string {
    const { name } = this.#described;
    return `${head(this.#described, 'counter')}${lines([...this.#values].map(([labels, value]) => [name, labels, value]))}`;
  }
}

/** Figures that are read when somebody looks. */
export class Gauge implements Metric {
  readonly #described: Described;
  readonly #type: 'gauge' | 'counter';
  readonly #read: () => readonly (readonly [Labels, number])[];

  /** `type`: 'counter' for a figure that only grows, though it is counted elsewhere. */
  constructor(
    described: Described,
    read: () => readonly (readonly [Labels, number])[],
    type: 'gauge' | 'counter' = 'gauge',
  ) {
    this.#described = described;
    this.#read = read;
    this.#type = type;
  }

  render(): string {
    const { name } = this.#described;
    const values = this.#read().map(([labels, value]) => [name, renderLabels(labels), value] as const);
    return `${head(this.#described, this.#type)}${lines(values)}`;
  }
}

/** How often figures fell below each of some bounds. */
export class Histogram implements Metric {
  readonly #described: Described;
  readonly #bounds: readonly number[];
  readonly #series = new Map<string, { readonly labels: Labels; readonly counts: number[]; sum: number }>();

  /** `bounds`: inclusive upper bounds, growing; the last bucket, which takes everything, is added. */
  constructor(described: Described, bounds: readonly number[]) {
    this.#described = described;
    this.#bounds = bounds;
  }

  observe(value: number, labels: Labels = {}): void {
    const key = renderLabels(labels);
    const series = this.#series.get(key) ?? {
      labels,
      counts: [...this.#bounds, Infinity].map(() => 0),
      sum: 0,
    };
    this.#series.set(key, series);
    const bucket = this.#bounds.findIndex((bound) => value <= bound);
    const index = bucket < 0 ? this.#bounds.length : bucket;
    series.counts[index] = (series.counts[index] ?? 0) + 1;
    series.sum += value;
  }

  render(): string {
    const { name } = this.#described;
    const rows = [...this.#series].flatMap(([key, { labels, counts, sum }]) => {
      let below = 0;
      const buckets = counts.map((count, index) => {
        below += count;
        const le = formatValue(this.#bounds[index] ?? Infinity);
        return [`${name}_bucket`, renderLabels({ ...labels, le }), below] as const;
      });
      return [...buckets, [`${name}_sum`, key, sum] as const, [`${name}_count`, key, below] as const];
    });
    return `${head(this.#described, 'histogram')}${lines(rows)}`;
  }
}

/** Lets only so many different values pass: a label whose values anybody can make up must not fill the memory. */
export class BoundedValues {
  readonly #known = new Set<string>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  /** The value, or `other` where there are too many different ones already. */
  of(value: string): string {
    if (this.#known.size < this.#most) this.#known.add(value);
    return this.#known.has(value) ? value : 'other';
  }
}

function head({ name, help }: Described, type: string): string {
  return `# HELP ${name} ${help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')}\n# TYPE ${name} ${type}\n`;
}

function lines(rows: readonly (readonly [name: string, labels: string, value: number])[]): string {
  return rows.map(([name, labels, value]) => `${name}${labels} ${formatValue(value)}\n`).join('');
}

function renderLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escape(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escape(value: string): string {
  return value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
}

function formatValue(value: number): string {
  if (value === Infinity) return '+Inf';
  if (value === -Infinity) return '-Inf';
  return String(value);
}
