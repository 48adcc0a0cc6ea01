/** Tells how much of an answer the caller has heard, while it plays. */
import type { Clock, Timer } from '../../core/clock.js';

/** Often enough to read along; a word of speech takes about this long. */
const tellEveryMs = 250;

export class HeardProgress {
  readonly #clock: Clock;
  readonly #heardText: () => string;
  readonly #onMore: (text: string, from: number) => void;
  #timer: Timer | null = null;
  #told = '';

  /**
   * `heardText`: what was heard of the answer until now. `onMore` is called whenever that has grown, with the text that follows
   * the first `from` characters of what was told before.
   */
  constructor(clock: Clock, heardText: () => string, onMore: (text: string, from: number) => void) {
    this.#clock = clock;
    this.#heardText = heardText;
    this.#onMore = onMore;
  }

  /** An answer begins to play; the one before is over. */
  start(): void {
    this.stop();
    this.#told = '';
    this.#wait();
  }

  /** The answer is over. Idempotent. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #wait(): void {
    this.#timer = this.#clock.setTimer(tellEveryMs, () => {
      this.#wait();
      const told = this.#told;
      const heardText = this.#heardText();
      if (heardText.length <= told.length) return;
      this.#told = heardText;
      const from = heardText.startsWith(told) ? told.length : 0;
      this.#onMore(heardText.slice(from), from);
    });
  }
}
