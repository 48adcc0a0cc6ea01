/** How long the main thread keeps its events waiting. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

const resolutionMs = 10;

/** Starts looking every 10 ms. The function that it returns stops and gives the delays in milliseconds. */
export function watchLoopDelay() {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  return () => {
    histogram.disable();
    // The histogram holds the time between two looks; what is more than it should be is the delay.
    const delay = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - resolutionMs);
    return {
      p50: delay(histogram.percentile(50)),
      p95: delay(histogram.percentile(95)),
      p99: delay(histogram.percentile(99)),
      max: delay(histogram.max),
    };
  };
}
