import { UnansweredSpeech } from './unanswered-speech.js';

/** A flush without an answer. */
export interface UnansweredFlush {
  /** How long the caller had been speaking, in audio. */
  readonly speechMs: number;
  /** How many streams were replaced because they did not answer it. */
  stalls: number;
}

/**
 * Whether a recogniser that leaves flushes without an answer has stalled: it was given speech, not a noise. `M` identifies a
 * recogniser.
 */
export class StallJudge<M> {
  readonly #mostStalls: number;
  readonly #unanswered = new UnansweredSpeech();
  /** Recognisers that never answer a noise, as more than one stream has shown. */
  readonly #reticent = new Set<M>();

  /** A flush is given up when each of so many recognisers has left it without an answer, the first one twice. */
  constructor(recognisers: number) {
    this.#mostStalls = recognisers === 1 ? 1 : recognisers + 1;
  }

  /** A recogniser said something about the audio. */
  spoke(): void {
    this.#unanswered.reset();
  }

  /** Judges a recogniser that has said nothing since the flush. `knowsWords`: some of the speech had been heard before. */
  hasStalled(recogniser: M, flush: UnansweredFlush, knowsWords: boolean): boolean {
    if (flush.stalls >= this.#mostStalls) return false;
    if (knowsWords) return true;
    return !this.#reticent.has(recogniser) && this.#unanswered.add(flush.speechMs);
  }

  /** Its stream is replaced. */
  stalled(flush: UnansweredFlush): void {
    flush.stalls++;
    this.#unanswered.reset();
  }

  /** This recogniser gave no words for the flush either. */
  gaveNothing(recogniser: M, { stalls }: UnansweredFlush): void {
    if (stalls > 0) this.#reticent.add(recogniser);
  }
}
