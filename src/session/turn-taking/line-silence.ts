/** Detects that no audio arrives: the microphone is off, the page is muted, or the media has stopped. */
import type { Clock, Timer } from '../../core/clock.js';

/**
 * The limit is counted in ticks without audio. A stall of the event loop delays a tick but adds none, and audio that
 * waited in a socket meanwhile is read before the next tick.
 */
const ticks = 4;

export class LineSilence {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #onSilence: () => void;
  #timer: Timer | null = null;
  #silentTicks = 0;

  /** Calls `onSilence` once per {@link watch}, after `limitMs` without audio (up to a quarter more). */
  constructor(clock: Clock, limitMs: number, onSilence: () => void) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#onSilence = onSilence;
  }

  /** Starts watching, or starts again. */
  watch(): void {
    this.stop();
    this.#silentTicks = 0;
    this.#tick();
  }

  /** Audio has arrived. */
  heard(): void {
    this.#silentTicks = 0;
  }

  /** Stops watching. Idempotent. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #tick(): void {
    this.#timer = this.#clock.setTimer(this.#limitMs / ticks, () => {
      this.#timer = null;
      // The first tick after the last audio is incomplete, so one more is needed.
      if (this.#silentTicks++ < ticks) this.#tick();
      else this.#onSilence();
    });
  }
}
