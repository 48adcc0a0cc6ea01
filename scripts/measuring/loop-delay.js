/** Measures the event loop's delay. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

const resolutionMs = 10;

/** Samples every 10 ms. The returned function stops it and returns the delays in milliseconds. */
export function watchLoopDelay() {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  return () => {
    histogram.disable();
    // The histogram has the times between two samples; the excess over the interval is the delay.
    const delay = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - resolutionMs);
    return {
      p50: delay(histogram.percentile(50)),
      p95: delay(histogram.percentile(95)),
      p99: delay(histogram.percentile(99)),
      max: delay(histogram.max),
    };
  };
}
