/** Delays on the path from the relay to the ear, from the browser's statistics (Identifiers for WebRTC's Statistics API). */

export interface WayFigures {
  /** Mean time in the jitter buffer since the last reading; null if no audio left it. */
  readonly jitterBufferMs: number | null;
  /** Round trip of the selected candidate pair. */
  readonly roundTripMs: number | null;
}

export class WayStatistics {
  #delaySeconds = 0;
  #emitted = 0;

  /** Reads the entries of one `getStats()` report. */
  read(entries: readonly unknown[]): WayFigures {
    const inbound = entries.find(
      (entry) => field(entry, 'type') === 'inbound-rtp' && field(entry, 'kind') === 'audio',
    );
    const pair = entries.find(
      (entry) => field(entry, 'type') === 'candidate-pair' && field(entry, 'nominated') === true,
    );
    const roundTripSeconds = numberIn(pair, 'currentRoundTripTime');
    return {
      jitterBufferMs: this.#jitterBufferMs(inbound),
      roundTripMs: roundTripSeconds === null ? null : roundTripSeconds * 1000,
    };
  }

  /** Both values are sums since the beginning: the difference of two readings gives the mean between them. */
  #jitterBufferMs(inbound: unknown): number | null {
    const delaySeconds = numberIn(inbound, 'jitterBufferDelay');
    const emitted = numberIn(inbound, 'jitterBufferEmittedCount');
    if (delaySeconds === null || emitted === null) return null;
    const samples = emitted - this.#emitted;
    const meanMs = samples > 0 ? ((delaySeconds - this.#delaySeconds) / samples) * 1000 : null;
    this.#delaySeconds = delaySeconds;
    this.#emitted = emitted;
    return meanMs;
  }
}

function field(entry: unknown, name: string): unknown {
  return typeof entry === 'object' && entry !== null ? (entry as Record<string, unknown>)[name] : undefined;
}

function numberIn(entry: unknown, name: string): number | null {
  const value = field(entry, name);
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
