import type { Clock, Timer } from '../clock.js';

/**
 * Decides when to draw. Whatever happens only asks for a frame; frames come at most fifteen times a second, and less often
 * where they are expensive, so that drawing never takes more than a set share of the time.
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

  /** Asks for a frame as soon as one is due, or `delayMs` from now if that is later. */
  request(delayMs = 0): void {
    if (this.#closed) return;
    const nowMs = this.#clock.nowMs();
    const dueMs = Math.max(nowMs + delayMs, this.#nextMs);
    if (this.#timer && this.#dueMs <= dueMs) return;
    this.#timer?.cancel();
    this.#dueMs = dueMs;
    this.#timer = this.#clock.setTimer(dueMs - nowMs, () => this.#onDue());
  }

  /** No frame is drawn from now on. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#timer = null;
  }

  #onDue(): void {
    this.#timer = null;
    const startedMs = this.#clock.nowMs();
    // Set first: what the drawing itself asks for waits for the next frame.
    this.#nextMs = startedMs + minIntervalMs;
    this.#draw();
    const costMs = this.#clock.nowMs() - startedMs;
    this.#nextMs = startedMs + Math.max(minIntervalMs, costMs / maxShare);
  }
}

const minIntervalMs = 1000 / 15;
/** Of one processor's time. */
const maxShare = 0.15;
