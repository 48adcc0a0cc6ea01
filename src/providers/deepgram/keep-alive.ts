import type { Clock, Timer } from '../../core/clock.js';

/**
 * Deepgram closes a connection after ten seconds of silence and asks for a keep-alive every three to five:
 * https://developers.deepgram.com/docs/audio-keep-alive. With this interval two messages are at most 4.8 s apart.
 */
const lookEveryMs = 2400;

/** Calls `send` at an interval while no audio is sent. */
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

  /** Audio was sent. Cheap, since it is called for every frame. */
  audioSent(): void {
    this.#audioFlows = true;
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }
}
