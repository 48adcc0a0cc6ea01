/** The process in figures, by the names that Prometheus' own client libraries use. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Gauge, type Metric } from '../metrics/exposition.js';

const nsPerSecond = 1e9;
const quantiles = [0.5, 0.9, 0.99];

export interface ProcessMetrics {
  readonly all: readonly Metric[];
  /** Forgets the delays so far: each scrape tells those since the one before. */
  restart(): void;
  close(): void;
}

/** Watches the event loop until it is closed. */
export function watchProcess(): ProcessMetrics {
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  const single = (name: string, help: string, read: () => number, type?: 'counter'): Metric =>
    new Gauge({ name, help }, () => [[{}, read()]], type);
  const all: readonly Metric[] = [
    single(
      'process_cpu_seconds_total',
      'Processor time of this process.',
      () => {
        const { user, system } = process.cpuUsage();
        return (user + system) / 1e6;
      },
      'counter',
    ),
    single('process_resident_memory_bytes', 'Resident memory of this process.', () =>
      process.memoryUsage.rss(),
    ),
    single('process_uptime_seconds', 'How long this process has run.', () => process.uptime()),
    single('nodejs_heap_size_used_bytes', 'JavaScript heap in use.', () => process.memoryUsage().heapUsed),
    new Gauge(
      {
        name: 'nodejs_eventloop_delay_seconds',
        help: 'How late timers were since the last scrape, sampled every 10 ms.',
      },
      () =>
        quantiles.map((quantile) => [
          { quantile: String(quantile) },
          delay.count === 0 ? 0 : delay.percentile(quantile * 100) / nsPerSecond,
        ]),
    ),
  ];
  return { all, restart: () => delay.reset(), close: () => void delay.disable() };
}
