import type { Clock } from '../../../core/clock.js';

/**
 * What one connection may take in a minute. Deepgram refuses the 21st `Flush` with a warning, and then never speaks its
 * text: https://developers.deepgram.com/docs/tts-ws-flush. It closes a connection that sends more than about 2400
 * characters: DATA-0001 of https://developers.deepgram.com/docs/tts-troubleshooting-websocket-net-and-data-errors, the
 * number is from https://github.com/jambonz/jambonz-feature-server/issues/1214. A margin is kept.
 */
const most = { flushes: 18, characters: 2200 };
/** The next answer gets another connection if less than this is left. */
const enoughForAnAnswer = { flushes: 9, characters: 1100 };
/** The limits are said to count a minute. */
const windowMs = 65_000;

/** The longest text of a `Speak` message; Deepgram closes the connection with BIG-0001 after one of more than 2000 characters. */
export const mostCharacters = 1800;

/** Counts the flushes and characters of one connection, so that none of its limits is ever reached. */
export class SpeakLimits {
  readonly #clock: Clock;
  readonly #flushes: { readonly atMs: number; readonly characters: number }[] = [];
  #characters = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether the connection may be sent a text of this length and a flush. */
  takes(characters: number): boolean {
    this.#forget();
    return this.#flushes.length < most.flushes && this.#characters + characters <= most.characters;
  }

  /** Whether a usual answer would fit. */
  get isRoomy(): boolean {
    this.#forget();
    return (
      this.#flushes.length <= most.flushes - enoughForAnAnswer.flushes &&
      this.#characters <= most.characters - enoughForAnAnswer.characters
    );
  }

  /** Counts a text and its flush. */
  count(characters: number): void {
    this.#flushes.push({ atMs: this.#clock.nowMs(), characters });
    this.#characters += characters;
  }

  #forget(): void {
    const fromMs = this.#clock.nowMs() - windowMs;
    for (let first = this.#flushes[0]; first && first.atMs <= fromMs; first = this.#flushes[0]) {
      this.#flushes.shift();
      this.#characters -= first.characters;
    }
  }
}
