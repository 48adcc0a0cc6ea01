import type { Clock, Timer } from '../../core/clock.js';
import type { HeardMark } from '../transport.js';
import type { HeardMarks } from './heard-marks.js';

export interface DueMarksOptions {
  readonly clock: Clock;
  readonly marks: HeardMarks;
  /** Whether it is not known now what the far end hears: then nothing is reported until {@link DueMarks.arm}. */
  readonly isHeld: () => boolean;
  readonly onHeard: (mark: HeardMark) => void;
}

/** Reports each mark when it is due, with one timer. */
export class DueMarks {
  readonly #options: DueMarksOptions;
  #timer: Timer | null = null;
  #closed = false;

  constructor(options: DueMarksOptions) {
    this.#options = options;
  }

  /** Call after each change of the marks. */
  arm(): void {
    this.#timer?.cancel();
    this.#timer = null;
    const { clock, marks, isHeld, onHeard } = this.#options;
    const { dueMs } = marks;
    if (this.#closed || dueMs === null) return;
    this.#timer = clock.setTimer(dueMs - clock.nowMs(), () => {
      if (isHeld()) return;
      // Use at least the due time: rounding must not make the timer fire again and again without effect.
      for (const mark of marks.takeDue(Math.max(dueMs, clock.nowMs()))) onHeard(mark);
      this.arm();
    });
  }

  /** Reports nothing more. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }
}
