import { timestampDistance } from './rtp-packet.js';

/** An extreme is remembered for one to two such periods. */
const stretchMs = 2000;
/** Until this many packets arrived, the spread is assumed to be at least `startSpreadMs`. */
const startPackets = 50;
const startSpreadMs = 60;

/**
 * Measures how unevenly packets arrive. It knows their transit time up to a constant: arrival on the relay's clock
 * minus the sender's timestamp. From this it calculates the interarrival jitter of RFC 3550 and the latest likely
 * arrival of a packet.
 */
export class ArrivalJitter {
  readonly #ticksPerMs: number;
  #packets = 0;
  #timestamp = 0;
  #ticks = 0;
  #transitMs = 0;
  #jitterMs = 0;
  #stretchStartMs = 0;
  /** Slowest transit in this period and in the one before; fastest of the first packets. */
  #slowestMs = -Infinity;
  #slowestBeforeMs = -Infinity;
  #fastestMs = Infinity;

  constructor(clockRateHz: number) {
    this.#ticksPerMs = clockRateHz / 1000;
  }

  /** Mean deviation of the transit times of successive packets, smoothed (RFC 3550, section 6.4.1). */
  get jitterMs(): number {
    return this.#jitterMs;
  }

  /** Records a packet; packets may arrive in any order. */
  observe(timestamp: number, nowMs: number): void {
    const isFirst = this.#packets++ === 0;
    this.#ticks = isFirst ? 0 : this.#ticksAt(timestamp);
    this.#timestamp = timestamp;
    const transitMs = nowMs - this.#ticks / this.#ticksPerMs;
    if (!isFirst) this.#jitterMs += (Math.abs(transitMs - this.#transitMs) - this.#jitterMs) / 16;
    this.#transitMs = transitMs;
    if (isFirst || nowMs - this.#stretchStartMs >= stretchMs) {
      this.#stretchStartMs = nowMs;
      this.#slowestBeforeMs = this.#slowestMs;
      this.#slowestMs = transitMs;
    } else this.#slowestMs = Math.max(this.#slowestMs, transitMs);
    if (this.#packets <= startPackets) this.#fastestMs = Math.min(this.#fastestMs, transitMs);
  }

  /** When a packet with this timestamp arrives if it is as slow as the slowest recent one. */
  latestArrivalMs(timestamp: number): number {
    const slowestMs = Math.max(this.#slowestMs, this.#slowestBeforeMs);
    const assumedMs = this.#packets < startPackets ? this.#fastestMs + startSpreadMs : -Infinity;
    return this.#ticksAt(timestamp) / this.#ticksPerMs + Math.max(slowestMs, assumedMs);
  }

  /** Ticks without wraparound; timestamps wrap every 24.8 h. */
  #ticksAt(timestamp: number): number {
    return this.#ticks + timestampDistance(this.#timestamp, timestamp);
  }
}
