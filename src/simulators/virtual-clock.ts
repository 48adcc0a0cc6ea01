import type { Clock, Timer } from '../core/clock.js';

interface PendingTimer {
  readonly dueMs: number;
  readonly order: number;
  readonly callback: () => void;
}

/** The time of day at which every virtual clock begins. */
const firstWallMs = Date.UTC(2026, 0, 31, 12);

/** A clock that stands still until a test moves it. Timers fire in the order of their due times. */
export class VirtualClock implements Clock {
  #nowMs = 0;
  #order = 0;
  readonly #timers = new Set<PendingTimer>();

  /** Timers that have neither fired nor been cancelled: zero after a clean shutdown. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return Math.floor(firstWallMs + this.#nowMs);
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const timer = { dueMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, callback };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  /** Moves on by `ms` and fires every timer that falls due, each at its own due time. */
  advance(ms: number): void {
    const targetMs = this.#nowMs + ms;
    for (let next = this.#nextDue(targetMs); next; next = this.#nextDue(targetMs)) {
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.callback();
    }
    this.#nowMs = targetMs;
  }

  #nextDue(untilMs: number): PendingTimer | undefined {
    let next: PendingTimer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueMs > untilMs) continue;
      if (!next || timer.dueMs < next.dueMs || (timer.dueMs === next.dueMs && timer.order < next.order))
        next = timer;
    }
    return next;
  }
}
