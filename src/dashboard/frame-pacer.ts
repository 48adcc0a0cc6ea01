import type { Clock, Timer } from '../core/clock.js';

/**
 * Decides when to draw. Changes only request a frame. Frames are drawn at most fifteen times a second, and less often
 * if they are expensive, so that drawing never takes more than a set share of the time.
 */
export class FramePacer {
  readonly #clock: Clock;
  readonly #draw: () => void;
  #timer: Timer | null = null;
  #dueMs = Infinity;
  #nextMs = -Infinity;
  #closed = false;

  constructor(clock: Clock, draw: () => void) {
    this.#clock = clock;
    this.#draw = draw;
  }

  /** Requests a frame as soon as one is due, or `delayMs` from now if that is later. */
  request(delayMs = 0): void {
    if (this.#closed) return;
    const nowMs = this.#clock.nowMs();
    const dueMs = Math.max(nowMs + delayMs, this.#nextMs);
    if (this.#timer && this.#dueMs <= dueMs) return;
    this.#timer?.cancel();
    this.#dueMs = dueMs;
    this.#timer = this.#clock.setTimer(dueMs - nowMs, () => this.#onDue());
  }

  /** Stops drawing. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#timer = null;
  }

  #onDue(): void {
    this.#timer = null;
    const startedMs = this.#clock.nowMs();
    // Set first: requests made while drawing wait for the next frame.
    this.#nextMs = startedMs + minIntervalMs;
    this.#draw();
    const costMs = this.#clock.nowMs() - startedMs;
    this.#nextMs = startedMs + Math.min(Math.max(minIntervalMs, costMs / maxShare), costMs + maxPauseMs);
  }
}

const minIntervalMs = 1000 / 15;
/** The share of one processor's time. */
const maxShare = 0.15;
/** However expensive the frames are, as the first one on a slow machine is: keys must be answered. */
const maxPauseMs = 1000;
