import type { Clock, Timer } from '../../clock.js';

/**
 * Deepgram closes a connection that is silent for ten seconds and asks for a sign of life every three to five:
 * https://developers.deepgram.com/docs/audio-keep-alive. Looking this often leaves at most twice as long between two.
 */
const lookEveryMs = 2400;

/** Calls `send` again and again as long as no audio flows. */
export class KeepAlive {
  readonly #clock: Clock;
  readonly #send: () => void;
  #timer: Timer | null = null;
  #audioFlows = false;

  constructor(clock: Clock, send: () => void) {
    this.#clock = clock;
    this.#send = send;
  }

  start(): void {
    this.#timer = this.#clock.setTimer(lookEveryMs, () => {
      if (!this.#audioFlows) this.#send();
      this.#audioFlows = false;
      this.start();
    });
  }

  /** Audio was sent: costs nothing, since this is called for every frame. */
  audioSent(): void {
    this.#audioFlows = true;
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }
}
