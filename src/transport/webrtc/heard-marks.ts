/**
 * Tells when watched positions became audible. For the first sample after silence, the page reports it. For every other
 * position, and if no report arrives, the time is calculated from when the frame was sent plus the downlink delay.
 * Marks are in the order of their positions. Pure: time is passed in.
 */
import type { HeardMark } from '../transport.js';
import { RecentMedian } from './recent-median.js';

/** Timeout for the page's report, which normally comes at once. */
const reportWithinMs = 600;
/** Maximum downlink delay: a page that reports more is wrong, and must not delay later marks. */
const longestDownlinkMs = 3000;
/** A report may seem early by this much: the clock map is exact to half a round trip. */
const clockErrorMs = 30;
/** Initial downlink delay: network, and a browser's jitter buffer of two frames. */
const initialDownlinkMs = 60;
/** Number of measured delays in the median. */
const counted = 5;

interface SentMark {
  readonly positionSamples: number;
  /** When it would be heard without any downlink delay. */
  readonly playMs: number;
  /** Whether the page will report it. */
  readonly reported: boolean;
  measuredMs: number | null;
}

export interface HeardMarksOptions {
  /** Delay of the caller's voice to the relay; added to every mark. */
  readonly speechDelayMs: () => number;
}

export class HeardMarks {
  readonly #speechDelayMs: () => number;
  /** Positions not sent yet, ascending. */
  #watched: number[] = [];
  #sent: SentMark[] = [];
  readonly #downlink = new RecentMedian(counted);
  #statedDownlinkMs: number | null = null;

  constructor({ speechDelayMs }: HeardMarksOptions) {
    this.#speechDelayMs = speechDelayMs;
  }

  /** Estimated delay from the relay to the ear. */
  get downlinkMs(): number {
    return this.#downlink.value ?? this.#statedDownlinkMs ?? initialDownlinkMs;
  }

  /** Sets the downlink delay from the page's statistics, at most 3 s; used until one is measured. */
  stateDownlink(ms: number): void {
    this.#statedDownlinkMs = Math.min(ms, longestDownlinkMs);
  }

  /** Watches a position that is not sent yet. */
  watch(positionSamples: number): void {
    const at = this.#watched.findIndex((other) => other > positionSamples);
    this.#watched.splice(at < 0 ? this.#watched.length : at, 0, positionSamples);
  }

  /** Watches a position that was sent, or the end of the sent audio. */
  watchSent(positionSamples: number, playMs: number): void {
    const mark = { positionSamples, playMs, reported: false, measuredMs: null };
    const at = this.#sent.findIndex((other) => other.positionSamples > positionSamples);
    this.#sent.splice(at < 0 ? this.#sent.length : at, 0, mark);
  }

  /**
   * Records a sent frame: `count` samples from `start`, to be played at `playMs`. `afterSilence`: the page was silent
   * before, so it will report the start of this sound.
   */
  sent(start: number, count: number, playMs: number, sampleRateHz: number, afterSilence: boolean): void {
    const end = start + count;
    while (this.#watched.length > 0) {
      const positionSamples = this.#watched[0] ?? Infinity;
      if (positionSamples > end) return;
      this.#watched.shift();
      const offsetMs = ((positionSamples - start) / sampleRateHz) * 1000;
      const reported = afterSilence && positionSamples - start < count;
      this.#sent.push({ positionSamples, playMs: playMs + offsetMs, reported, measuredMs: null });
    }
  }

  /**
   * Takes the page's report that sound became audible at `atMs` on the relay's clock. Ignores a report that fits no
   * mark.
   */
  audible(atMs: number): void {
    const mark = this.#sent.find(
      ({ reported, measuredMs, playMs }) =>
        reported &&
        measuredMs === null &&
        atMs >= playMs - clockErrorMs &&
        atMs <= playMs + longestDownlinkMs,
    );
    if (!mark) return;
    // Sound cannot be heard before it is sent: an earlier time is clock error.
    mark.measuredMs = Math.max(mark.playMs, atMs);
    this.#downlink.add(mark.measuredMs - mark.playMs);
  }

  /** What was to be played after this time, without the downlink's delay, was not heard: it will be sent again. */
  unsend(afterMs: number): void {
    const isUnheard = ({ playMs }: SentMark): boolean => playMs > afterMs;
    const again = this.#sent.filter(isUnheard).map(({ positionSamples }) => positionSamples);
    this.#sent = this.#sent.filter((mark) => !isUnheard(mark));
    this.#watched = [...again, ...this.#watched].sort((one, other) => one - other);
  }

  /** The far end has another connection: its delays are not known yet. */
  forgetDelays(): void {
    this.#downlink.clear();
    this.#statedDownlinkMs = null;
  }

  /** Drops every position that was not heard yet. */
  drop(): void {
    this.#watched = [];
    this.#sent = [];
  }

  /** When {@link takeDue} returns the next mark; null if there is none. */
  get dueMs(): number | null {
    const [next] = this.#sent;
    return next ? this.#dueOf(next) : null;
  }

  /** Removes and returns the marks that were heard by `nowMs`. */
  takeDue(nowMs: number): HeardMark[] {
    let count = 0;
    for (const mark of this.#sent) {
      if (this.#dueOf(mark) > nowMs) break;
      count++;
    }
    return this.#sent.splice(0, count).map(({ positionSamples, playMs, measuredMs }) => ({
      positionSamples,
      atMs: (measuredMs ?? playMs + this.downlinkMs) + this.#speechDelayMs(),
      origin: measuredMs === null ? 'estimated' : 'measured',
    }));
  }

  #dueOf({ playMs, reported, measuredMs }: SentMark): number {
    if (measuredMs !== null) return measuredMs;
    const heardMs = playMs + this.downlinkMs;
    return reported ? heardMs + reportWithinMs : heardMs;
  }
}
