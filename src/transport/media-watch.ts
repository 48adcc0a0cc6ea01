/**
 * Detects that a caller's audio has stopped. Carriers and browsers send audio all the time, also during silence, so a
 * gap means that packets are lost or the source is off.
 */
import type { Clock, Timer } from '../core/clock.js';

/** Media counts as stopped after this long without audio on an open line. */
export const mediaStoppedAfterMs = 3000;

export interface MediaWatchOptions {
  readonly clock: Clock;
  /** Called once per gap, after {@link mediaStoppedAfterMs} without audio. */
  readonly onStopped: () => void;
  /** Called when audio arrives again, with the length of the gap. */
  readonly onResumed: (gapMs: number) => void;
}

export class MediaWatch {
  readonly #options: MediaWatchOptions;
  #lastMs = 0;
  #isStopped = false;
  #timer: Timer | null = null;

  constructor(options: MediaWatchOptions) {
    this.#options = options;
  }

  /** Whether the media has stopped and not resumed. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Starts to watch, until {@link stop}. */
  start(): void {
    this.#lastMs = this.#options.clock.nowMs();
    this.#arm();
  }

  /** Reports that audio arrived. */
  heard(): void {
    const nowMs = this.#options.clock.nowMs();
    const gapMs = nowMs - this.#lastMs;
    this.#lastMs = nowMs;
    if (!this.#isStopped) return;
    this.#isStopped = false;
    this.#arm();
    this.#options.onResumed(gapMs);
  }

  /** Stops watching. Idempotent. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** Sets one timer per 3 s, not per message: when it fires, it checks the time since the last audio. */
  #arm(): void {
    const { clock, onStopped } = this.#options;
    const leftMs = this.#lastMs + mediaStoppedAfterMs - clock.nowMs();
    this.#timer = clock.setTimer(Math.max(1, leftMs), () => {
      if (clock.nowMs() - this.#lastMs < mediaStoppedAfterMs) return this.#arm();
      this.#isStopped = true;
      onStopped();
    });
  }
}
