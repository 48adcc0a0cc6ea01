/** Metrics of the process for Prometheus, under the names that its own client libraries use. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, type Registry } from 'prom-client';

const nsPerSecond = 1e9;
const quantiles = [0.5, 0.9, 0.99];

/** Registers the metrics and watches the event loop until the returned function is called. */
export function watchProcess(registry: Registry): () => void {
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  };
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Processor time of this process.',
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  gauge('process_resident_memory_bytes', 'Resident memory of this process.', () => process.memoryUsage.rss());
  gauge('process_uptime_seconds', 'How long this process has run.', () => process.uptime());
  gauge('nodejs_heap_size_used_bytes', 'JavaScript heap in use.', () => process.memoryUsage().heapUsed);
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  new Gauge({
    name: 'nodejs_eventloop_delay_seconds',
    help: 'How late timers were since the last scrape, sampled every 10 ms.',
    labelNames: ['quantile'],
    registers,
    collect() {
      for (const quantile of quantiles) {
        const seconds = delay.count === 0 ? 0 : delay.percentile(quantile * 100) / nsPerSecond;
        this.set({ quantile }, seconds);
      }
      delay.reset();
    },
  });
  return () => void delay.disable();
}
