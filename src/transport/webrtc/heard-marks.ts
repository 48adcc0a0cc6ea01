/**
 * When watched positions became audible. For the first sample after silence the page's own report is awaited; every other
 * position, and one for which no report comes, is calculated from when its frame was sent and what the way takes. Marks
 * come in the order of their positions. Pure: time comes in as data.
 */
import type { HeardMark } from '../transport.js';
import { RecentMedian } from './recent-median.js';

/** A page that reports does so at once; after this long it does not. */
const reportWithinMs = 600;
/** No sound takes longer to the ear: a page that says so errs, and must not hold up every mark behind. */
const longestDownlinkMs = 3000;
/** A report may seem this much too early: clocks are mapped to half a round trip. */
const clockErrorMs = 30;
/** Downlink before anything is known: network, and a browser's jitter buffer of two frames. */
const initialDownlinkMs = 60;
/** Downlinks of which the median counts. */
const counted = 5;

interface SentMark {
  readonly positionSamples: number;
  /** When it would be heard if the way took no time. */
  readonly playMs: number;
  /** Whether the page will report it. */
  readonly reported: boolean;
  measuredMs: number | null;
}

export interface HeardMarksOptions {
  /** Delay of the caller's voice up to here: marks are reported with the same. */
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

  /** From the relay to the ear, as far as is known. */
  get downlinkMs(): number {
    return this.#downlink.value ?? this.#statedDownlinkMs ?? initialDownlinkMs;
  }

  /** What the page's statistics say of the way to the ear; counts until something was measured, up to 3 s. */
  stateDownlink(ms: number): void {
    this.#statedDownlinkMs = Math.min(ms, longestDownlinkMs);
  }

  /** Watches a position that was not sent yet. */
  watch(positionSamples: number): void {
    const at = this.#watched.findIndex((other) => other > positionSamples);
    this.#watched.splice(at < 0 ? this.#watched.length : at, 0, positionSamples);
  }

  /** Watches a position that was sent, or stands at the end of it. */
  watchSent(positionSamples: number, playMs: number): void {
    const mark = { positionSamples, playMs, reported: false, measuredMs: null };
    const at = this.#sent.findIndex((other) => other.positionSamples > positionSamples);
    this.#sent.splice(at < 0 ? this.#sent.length : at, 0, mark);
  }

  /**
   * A frame was sent: `count` samples from `start` on, to be played at `playMs`. `afterSilence` says that the page was
   * silent before, so that it will report when it hears it.
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

  /** The page became audible at this time of the relay's clock. A report that fits no mark is ignored. */
  audible(atMs: number): void {
    const mark = this.#sent.find(
      ({ reported, measuredMs, playMs }) =>
        reported &&
        measuredMs === null &&
        atMs >= playMs - clockErrorMs &&
        atMs <= playMs + longestDownlinkMs,
    );
    if (!mark) return;
    // Sound cannot be heard before it was sent: what seems so is the error of the clocks.
    mark.measuredMs = Math.max(mark.playMs, atMs);
    this.#downlink.add(mark.measuredMs - mark.playMs);
  }

  /** Forgets every position that was not heard yet. */
  drop(): void {
    this.#watched = [];
    this.#sent = [];
  }

  /** When {@link takeDue} will have something; null where nothing waits. */
  get dueMs(): number | null {
    const [next] = this.#sent;
    return next ? this.#dueOf(next) : null;
  }

  /** The marks that were heard by now. */
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
